//! A docker daemon of the tests' own, beside the system's.
//!
//! It keeps away from the system's daemon: its folders and its socket are in the tests' temporary folder, its bridge
//! and the three rules that lead to the bridge are its own, and it touches no other rules of the machine's firewall.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::program::{answer, find};
use crate::server::Server;

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    server: Server,
    network: Network,
    /// Its address, for `DOCKER_HOST`.
    pub host: String,
}

impl Daemon {
    /// Starts `dockerd`. `prefix` is where its companions are looked for first; `client` is a docker to ask it with.
    ///
    /// # Errors
    /// The network cannot be set up, or the daemon does not start.
    pub fn start(
        dockerd: &Path,
        prefix: Option<&Path>,
        client: &Path,
        folder: &Path,
    ) -> Result<Self, String> {
        let network = Network::set_up()?;
        let host = format!("unix://{}", folder.join("docker.sock").display());
        let mut command = Command::new(dockerd);
        command.args(["--host", &host, "--iptables=false", "--bridge", &network.bridge]);
        for (option, name) in [
            ("--data-root", "data"),
            ("--exec-root", "exec"),
            ("--pidfile", "pid"),
            ("--config-file", "none"),
        ] {
            command.arg(option).arg(folder.join(name));
        }
        std::fs::write(folder.join("none"), "{}").map_err(|error| error.to_string())?;
        command.env("PATH", search_path(prefix));
        let is_ready = || answer(Command::new(client).args(["--host", &host, "version"])).is_some();
        let server = Server::start(&command, &folder.join("dockerd.log"), is_ready);
        let server = server.inspect_err(|_| network.tear_down())?;
        Ok(Self { server, network, host })
    }

    /// Stops it and takes its network down.
    pub fn stop(&mut self) {
        self.server.stop();
        self.network.tear_down();
    }
}

fn search_path(prefix: Option<&Path>) -> OsString {
    let own = prefix.map(|prefix| [prefix.join("usr/sbin"), prefix.join("usr/bin")]);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = own.into_iter().flatten().chain(env::split_paths(&path));
    let folders = folders.chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    env::join_paths(folders).unwrap_or(path)
}

/// A bridge with an address, and the rules that let its containers out.
#[derive(Debug)]
struct Network {
    bridge: String,
    subnet: String,
}

impl Network {
    /// Takes the first number that no bridge of this kind has.
    fn set_up() -> Result<Self, String> {
        let start = process::id() % 250;
        let numbers = (start..250).chain(0..start);
        let free = numbers.map(|number| (number, format!("imgtest{number}")));
        let made = |bridge: &str| ip(&["link", "add", bridge, "type", "bridge"]);
        let (number, bridge) = free
            .into_iter()
            .find(|(_, bridge)| made(bridge))
            .ok_or("a second docker needs a bridge, and `ip link add` makes none")?;
        let network = Self { bridge, subnet: format!("10.231.{number}.0/24") };
        let address = format!("10.231.{number}.1/24");
        let ready = ip(&["addr", "add", &address, "dev", &network.bridge])
            && ip(&["link", "set", &network.bridge, "up"])
            && network.rules("-I");
        if ready {
            return Ok(network);
        }
        network.tear_down();
        Err(format!("the bridge {} of a second docker cannot be set up", network.bridge))
    }

    /// Inserts (`-I`) or deletes (`-D`) the rules.
    fn rules(&self, action: &str) -> bool {
        let (bridge, subnet) = (self.bridge.as_str(), self.subnet.as_str());
        let rules: [&[&str]; 3] = [
            &["filter", action, "FORWARD", "-i", bridge, "-j", "ACCEPT"],
            &["filter", action, "FORWARD", "-o", bridge, "-j", "ACCEPT"],
            &["nat", action, "POSTROUTING", "-s", subnet, "!", "-o", bridge, "-j", "MASQUERADE"],
        ];
        let iptables = find("iptables").unwrap_or_else(|| "iptables".into());
        rules
            .map(|rule| answer(Command::new(&iptables).args(["-w", "-t"]).args(rule)).is_some())
            .iter()
            .all(|done| *done)
    }

    fn tear_down(&self) {
        self.rules("-D");
        ip(&["link", "del", &self.bridge]);
    }
}

fn ip(args: &[&str]) -> bool {
    let ip = find("ip").unwrap_or_else(|| "ip".into());
    answer(Command::new(ip).args(args)).is_some()
}
