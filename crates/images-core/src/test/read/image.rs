//! What is looked at in the image: `files` and `config`.

use std::collections::BTreeMap;

use images_schema::{ConfigTable, FileKind, FileTable, Id, Spanned, TextTable};

use super::Reader;
use crate::Error;
use crate::test::definition::{ConfigCheck, FileCheck, Kind};

impl Reader<'_> {
    pub(super) fn file(&self, table: &Spanned<FileTable>) -> Result<FileCheck, Error> {
        let FileTable { path, absent, kind, mode, user, group, target, content } = table.get_ref();
        let place = self.filled(path)?;
        if !place.starts_with('/') {
            let message = format!("`{place}` is no absolute path");
            return Err(self.refused(
                path.span(),
                message,
                "no `/` at its start",
                "paths start at the image's root",
            ));
        }
        let asks_more = kind.is_some() || mode.is_some() || user.is_some() || group.is_some();
        if *absent && (asks_more || target.is_some() || content.is_some()) {
            let help = "take `absent` out, or everything else but `path`";
            return Err(self.refused(
                table.span(),
                "what is absent has no properties",
                "both are asked",
                help,
            ));
        }
        let kind = kind.map(|kind| match kind {
            FileKind::File => Kind::File,
            FileKind::Folder => Kind::Folder,
            FileKind::Link => Kind::Link,
        });
        Ok(FileCheck {
            path: place,
            expand: false,
            absent: *absent,
            follow: kind != Some(Kind::Link) && target.is_none(),
            kind,
            mode: mode.as_ref().map(|mode| self.mode(mode)).transpose()?,
            executable: None,
            user: user.as_ref().map(|user| self.owner(user)).transpose()?,
            group: group.as_ref().map(|group| self.owner(group)).transpose()?,
            target: target.as_ref().map(|target| self.filled(target)).transpose()?,
            content: self.texts(content.as_ref())?,
        })
    }

    fn mode(&self, written: &Spanned<String>) -> Result<u32, Error> {
        let digits = written.get_ref();
        let is_octal =
            (3..=4).contains(&digits.len()) && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        let mode = is_octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten();
        mode.ok_or_else(|| {
            let message = format!("`{digits}` is no mode");
            self.refused(
                written.span(),
                message,
                "not three or four octal digits",
                "for example `0755` or `4755`",
            )
        })
    }

    fn owner(&self, written: &Spanned<Id>) -> Result<String, Error> {
        let name = &written.get_ref().0;
        match name.is_empty() || name.contains([':', '\n']) {
            false => Ok(name.clone()),
            true => {
                let message = format!("`{name}` is no name of a user or group");
                let help = "`user` and `group` each name one, or give its number";
                Err(self.refused(written.span(), message, "not a name", help))
            }
        }
    }

    pub(super) fn config(&self, table: &Spanned<ConfigTable>) -> Result<Box<ConfigCheck>, Error> {
        let ConfigTable { user, workdir, entrypoint, cmd, exposed, volumes, env, labels } = table.get_ref();
        let word = |word: &Option<Spanned<String>>| word.as_ref().map(|word| self.filled(word)).transpose();
        let words =
            |words: &Option<Vec<Spanned<String>>>| words.as_ref().map(|words| self.words(words)).transpose();
        let texts = |texts: &BTreeMap<String, Spanned<TextTable>>| {
            let one =
                |(name, text): (&String, &Spanned<TextTable>)| Ok((name.clone(), self.texts(Some(text))?));
            texts.iter().map(one).collect::<Result<BTreeMap<_, _>, Error>>()
        };
        let check = ConfigCheck {
            user: word(user)?,
            workdir: word(workdir)?,
            entrypoint: words(entrypoint)?,
            cmd: words(cmd)?,
            exposed: exposed.iter().map(|port| self.exposed(port)).collect::<Result<_, _>>()?,
            volumes: self.words(volumes)?,
            env: texts(env)?,
            labels: texts(labels)?,
            ..ConfigCheck::default()
        };
        if check == ConfigCheck::default() {
            let help = "name `user`, `workdir`, `entrypoint`, `cmd`, `exposed`, `volumes`, `env` or `labels`";
            return Err(self.refused(table.span(), "`config` checks nothing", "nothing to check", help));
        }
        Ok(Box::new(check))
    }

    fn exposed(&self, written: &Spanned<Id>) -> Result<String, Error> {
        let text = &written.get_ref().0;
        exposed_port(text).ok_or_else(|| {
            let message = format!("`{text}` is no port");
            self.refused(written.span(), message, "not a port", "for example 5000, or \"53/udp\"")
        })
    }
}

/// `PORT` or `PORT/PROTOCOL` as a configuration has it.
pub(in crate::test) fn exposed_port(text: &str) -> Option<String> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
    let protocol = protocol.to_ascii_lowercase();
    matches!(protocol.as_str(), "tcp" | "udp" | "sctp").then(|| format!("{port}/{protocol}"))
}
