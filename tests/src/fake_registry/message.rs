//! Requests and responses of HTTP/1.1 with bodies of known length.

use std::io::BufRead;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The header fields, their names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The next of a connection; `None` at its end.
    pub fn read(input: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let mut request =
            Self { method: words.next()?.to_owned(), target: words.next()?.to_owned(), ..Self::default() };
        // The end of a connection ends what HTTP/1.0 answers: https://www.rfc-editor.org/rfc/rfc9112#section-9.3.
        if words.next() == Some("HTTP/1.0") {
            request.fields.push(("connection".to_owned(), "close".to_owned()));
        }
        // What a proxy is asked for names the host.
        if let Some((host, path)) =
            request.target.strip_prefix("http://").and_then(|rest| rest.split_once('/'))
        {
            request.fields.push(("proxied-host".to_owned(), host.to_owned()));
            request.target = format!("/{path}");
        }
        loop {
            let mut line = String::new();
            input.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = request.field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        request.body = vec![0; length];
        input.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// The value of a header field.
    pub fn field(&self, name: &str) -> Option<&str> {
        Some(self.fields.iter().find(|(known, _)| known == name)?.1.as_str())
    }

    /// The path.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The values of a parameter.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form(query).into_iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect()
    }
}

/// The pairs of a form or a query.
pub(super) fn form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("an encoded byte"));
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).expect("text")
}

impl Response {
    /// Without a body.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// An error document of the specification.
    pub fn error(status: u16, code: &str, detail: &str) -> Self {
        let detail = if detail.is_empty() { "null".to_owned() } else { detail.to_owned() };
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"told so","detail":{detail}}}]}}"#);
        Self::new(status).with("Content-Type", "application/json").body(body)
    }

    /// With a header field, in place of one of that name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// As it is sent, with no more than so many bytes of its body.
    pub(super) fn bytes(&self, method: &str, limit: usize) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Told\r\nContent-Length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut bytes = format!("{head}\r\n").into_bytes();
        if method != "HEAD" && self.status != 204 {
            bytes.extend(&self.body[..limit.min(self.body.len())]);
        }
        bytes
    }
}
