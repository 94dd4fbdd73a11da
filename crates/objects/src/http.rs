//! Requests of `object_store` through ureq: one HTTP client, one TLS library in the whole program.
//!
//! Everything here blocks: a store is driven by a runtime of its own, on the thread that asks.

use std::io::Read;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use object_store::{ClientOptions, Error, Result};
use ureq::http::{Request, Response, Uri};
use ureq::tls::TlsConfig;
use ureq::{Agent, Proxy};

/// What the client calls itself where the environment says nothing else.
const USER_AGENT: &str = concat!("unecho/", env!("CARGO_PKG_VERSION"));
/// Time for connecting, and for the silence of a server, where the environment says nothing else.
const CONNECT_TIME: Duration = Duration::from_secs(10);
const SILENCE_TIME: Duration = Duration::from_secs(30);
/// Bytes of an answer handed on at a time.
const STEP_BYTES: usize = 64 * 1024;

/// Makes clients of ureq.
#[derive(Debug)]
pub(crate) struct Connector;

#[derive(Debug)]
struct Client {
    agent: Agent,
    schemes: Schemes,
}

/// Over what requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Schemes {
    HttpsOnly,
    /// Also without TLS, where the environment allows it (`AWS_ALLOW_HTTP=true`).
    Any,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        let value = |key: ClientConfigKey| options.get_config_value(&key);
        let is_set = |key| value(key).is_some_and(|value| value.parse().unwrap_or(false));
        let time = |key, default| match value(key) {
            Some(text) => {
                humantime::parse_duration(&text).map_err(|_| config_error(format!("no time: {text}")))
            }
            None => Ok(default),
        };
        let proxy = match value(ClientConfigKey::ProxyUrl) {
            Some(url) => Some(Proxy::new(&url).map_err(|error| config_error(error.to_string()))?),
            None => Proxy::try_from_env(),
        };
        let checks = !is_set(ClientConfigKey::AllowInvalidCertificates);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(value(ClientConfigKey::UserAgent).unwrap_or_else(|| USER_AGENT.to_owned()))
            .tls_config(TlsConfig::builder().disable_verification(!checks).build())
            .timeout_connect(Some(time(ClientConfigKey::ConnectTimeout, CONNECT_TIME)?))
            .timeout_recv_response(Some(time(ClientConfigKey::Timeout, SILENCE_TIME)?))
            .timeout_per_read(Some(time(ClientConfigKey::ReadTimeout, SILENCE_TIME)?))
            .timeout_per_write(Some(time(ClientConfigKey::ReadTimeout, SILENCE_TIME)?))
            .build();
        let schemes = if is_set(ClientConfigKey::AllowHttp) { Schemes::Any } else { Schemes::HttpsOnly };
        Ok(HttpClient::new(Client { agent: config.new_agent(), schemes }))
    }
}

fn config_error(detail: String) -> Error {
    Error::NotSupported { source: detail.into() }
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        self.ensure_allowed(&parts.uri)?;
        let has_body = body.content_length() > 0 || parts.method == "POST" || parts.method == "PUT";
        let answer = if has_body {
            self.agent.run(Request::from_parts(parts, content_of(body).await?))
        } else {
            self.agent.run(Request::from_parts(parts, ()))
        };
        let (parts, body) = answer.map_err(|error| error_of(&error))?.into_parts();
        let content = Content { reader: Mutex::new(Box::new(body.into_reader())) };
        Ok(Response::from_parts(parts, HttpResponseBody::new(content)))
    }
}

impl Client {
    fn ensure_allowed(&self, uri: &Uri) -> std::result::Result<(), HttpError> {
        if self.schemes == Schemes::Any || uri.scheme_str() == Some("https") {
            return Ok(());
        }
        let detail = "the endpoint is not https (AWS_ALLOW_HTTP=true, GOOGLE_ALLOW_HTTP=true or \
                      AZURE_ALLOW_HTTP=true allows it)";
        Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other(detail)))
    }
}

/// The bytes of a request, which are all at hand.
async fn content_of(mut body: HttpRequestBody) -> std::result::Result<Vec<u8>, HttpError> {
    let mut content = Vec::with_capacity(body.content_length());
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(part) = frame?.into_data() {
            content.extend_from_slice(&part);
        }
    }
    Ok(content)
}

fn error_of(error: &ureq::Error) -> HttpError {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    let kind = match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
        | ureq::Error::ConnectionFailed
        | ureq::Error::HostNotFound => HttpErrorKind::Connect,
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Io(error) => match error.kind() {
            TimedOut => HttpErrorKind::Timeout,
            ConnectionAborted | ConnectionReset | UnexpectedEof => HttpErrorKind::Interrupted,
            _ => HttpErrorKind::Connect,
        },
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, std::io::Error::other(error.to_string()))
}

/// The body of an answer, read as it is asked for.
struct Content {
    /// Only to be shared between threads, which nobody does.
    reader: Mutex<Box<dyn Read + Send>>,
}

impl Body for Content {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, HttpError>>> {
        let reader = self.reader.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut part = vec![0; STEP_BYTES];
        Poll::Ready(loop {
            match reader.read(&mut part) {
                Ok(0) => break None,
                Ok(n_bytes) => {
                    part.truncate(n_bytes);
                    break Some(Ok(Frame::data(part.into())));
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => break Some(Err(HttpError::new(HttpErrorKind::Interrupted, error))),
            }
        })
    }
}
