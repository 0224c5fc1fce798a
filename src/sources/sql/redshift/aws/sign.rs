//! Signature Version 4 of a request whose path is `/` and that has no query
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
//!
//! The signer of the object stores signs as of now, and could not be told the time of a service whose clock is another.

use std::{collections::BTreeMap, fmt::Write};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// Whose keys they are, what for, and when.
pub struct Signer<'a> {
    /// The key's name.
    pub key_id: &'a str,
    /// The key.
    pub secret: &'a str,
    /// The region in which the service is.
    pub region: &'a str,
    /// The service's name in signatures.
    pub service: &'a str,
    /// The time of the signature.
    pub at: DateTime<Utc>,
}

impl Signer<'_> {
    /// What `x-amz-date` says, which must be among the headers.
    pub fn date(&self) -> String {
        self.at.format("%Y%m%dT%H%M%SZ").to_string()
    }

    /// The header `authorization` of a POST with these `headers`, whose names are in lower case and whose values have no
    /// blanks around them.
    pub fn authorization(&self, headers: &BTreeMap<&str, &str>, body: &[u8]) -> String {
        let names: Vec<_> = headers.keys().copied().collect();
        let names = names.join(";");
        let mut request = "POST\n/\n\n".to_owned();
        for (name, value) in headers {
            let _ = writeln!(request, "{name}:{value}");
        }
        let _ = write!(request, "\n{names}\n{}", hex(&Sha256::digest(body)));

        let day = self.at.format("%Y%m%d").to_string();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.date(), hex(&Sha256::digest(request.as_bytes())));
        let key = format!("AWS4{}", self.secret);
        let key = [day.as_str(), self.region, self.service, "aws4_request"]
            .iter()
            .fold(key.into_bytes(), |key, part| hmac(&key, part.as_bytes()).to_vec());
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", self.key_id)
    }
}

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `post-vanilla` of the signature's published test suite.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let signer = Signer {
            key_id: "AKIDEXAMPLE",
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
            service: "service",
            at: DateTime::parse_from_rfc3339("2015-08-30T12:36:00Z").expect("a time").to_utc(),
        };
        let headers = BTreeMap::from([("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")]);
        assert_eq!(
            signer.authorization(&headers, b""),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }

    /// Test cases 1 and 6 of RFC 4231.
    #[test]
    fn authentication_codes_are_those_of_the_standard() {
        assert_eq!(
            hex(&hmac(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(&hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
