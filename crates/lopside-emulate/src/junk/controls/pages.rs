//! Pages, forms, scripts, tables and logs.

use crate::junk::carry::Carry;
use crate::junk::encode::{base64, base64_lines, deflate, hex, percent};
use crate::junk::order::{Carrier, Order, Side, Talk};
use crate::junk::prose;
use crate::junk::web::{Body, Web};

/// Forms with the state of the page, sealed and in base64, which the server renews.
pub(super) fn view_state(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let sealed = order.chance.happens(0.5);
    for _ in 0..order.messages {
        // Blocks of 16 bytes, of a state that grows and shrinks with the page.
        let size = (order.size() / 32 + 2) * 16;
        let state = if sealed {
            order.chance.bytes(size + 20)
        } else {
            let text = prose::words(&mut order.chance, size);
            [&[0xff, 1, 0x0f][..], text.as_bytes(), &order.chance.bytes(20)].concat()
        };
        let state = base64(&state);
        let page = format!(
            "<!DOCTYPE html>\n<html><body><form method=\"post\"><input type=\"hidden\" name=\"__VIEWSTATE\" value=\"{state}\"/>\n{}</form></body></html>",
            prose::words(&mut order.chance, 200)
        );
        talk.out(web.request("GET", &path, &[], None));
        talk.back(web.response("200 OK", &[], Some(("text/html", page.as_bytes()))));
        let form = format!(
            "__VIEWSTATE={}&name={}&go=Save",
            percent(state.as_bytes()),
            prose::person(&mut order.chance)
        );
        talk.out(web.request(
            "POST",
            &path,
            &[],
            Some(("application/x-www-form-urlencoded", form.as_bytes())),
        ));
        talk.back(web.response("302 Found", &[("Location", path.clone())], None));
    }
    talk
}

/// Statements of a sign-on service, signed, in base64 in a form or deflated in a query.
pub(super) fn saml(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let path = web.path(&mut order.chance);
    let post = order.chance.happens(0.6);
    for _ in 0..order.messages {
        let length = order.size();
        let statement = format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_{}\" IssueInstant=\"{}\"><ds:SignatureValue>{}</ds:SignatureValue><saml:Attribute>{}</saml:Attribute></samlp:Response>",
            hex(&order.chance.bytes(16)),
            prose::moment(&mut order.chance),
            base64(&order.chance.bytes(256)),
            prose::words(&mut order.chance, length)
        );
        if post {
            let form = format!(
                "SAMLResponse={}&RelayState={}",
                percent(base64(statement.as_bytes()).as_bytes()),
                hex(&order.chance.bytes(8))
            );
            talk.out(web.request(
                "POST",
                &path,
                &[],
                Some(("application/x-www-form-urlencoded", form.as_bytes())),
            ));
        } else {
            let packed = percent(base64(&deflate(statement.as_bytes())).as_bytes());
            talk.out(web.request("GET", &format!("{path}?SAMLRequest={packed}"), &[], None));
        }
        talk.back(web.response("302 Found", &[("Location", "/home".to_owned())], None));
    }
    talk
}

/// Pages with nonces and tokens against forgery.
pub(super) fn html(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let (nonce, token) = (base64(&order.chance.bytes(16)), base64(&order.chance.bytes(64)));
        let page = prose::html(&mut order.chance, size);
        let page = page.replacen("<body>", &format!("<body><script nonce=\"{nonce}\">init()</script><meta name=\"csrf-token\" content=\"{token}\">"), 1);
        web.exchange(order, &mut talk, turn, &Body::new("text/html; charset=utf-8", page));
    }
    talk
}

/// Scripts without blanks and with short names.
pub(super) fn scripts(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    for turn in 0..order.messages {
        let size = order.size();
        let mut text = String::from("!function(){\"use strict\";");
        while text.len() < size {
            let chance = &mut order.chance;
            let name = |chance: &mut crate::chance::Chance| char::from(b'a' + chance.below(26) as u8);
            let (a, b, c) = (name(chance), name(chance), name(chance));
            text.push_str(&format!(
                "function {a}({b},{c}){{return {b}.{}&&{c}[{}]?{}({b}):void 0}}var {c}=\"{}\";",
                prose::word(chance),
                chance.below(90),
                name(chance),
                prose::word(chance)
            ));
        }
        text.push_str("}();");
        web.exchange(order, &mut talk, turn, &Body::new("application/javascript", text));
    }
    talk
}

/// Calls in XML with digests, signatures and certificates.
pub(super) fn signed_xml(order: &mut Order, _: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut web = Web::new(order);
    let certificate = base64_lines(&order.chance.bytes(800), 64);
    for turn in 0..order.messages {
        let size = order.size();
        let text = format!(
            "<?xml version=\"1.0\"?>\n<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header><ds:DigestValue>{}</ds:DigestValue><ds:SignatureValue>{}</ds:SignatureValue><ds:X509Certificate>{certificate}</ds:X509Certificate></soap:Header><soap:Body>{}</soap:Body></soap:Envelope>",
            base64(&order.chance.bytes(32)),
            base64(&order.chance.bytes(256)),
            prose::words(&mut order.chance, size)
        );
        web.exchange(order, &mut talk, turn, &Body::new("text/xml; charset=utf-8", text));
    }
    talk
}

/// Tables whose columns are identifiers, digests and keys.
pub(super) fn csv(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut carry = Carry::new(order, carrier, false);
    for turn in 0..order.messages {
        let size = order.size();
        let mut text = String::from("id,account,digest,amount\r\n");
        while text.len() < size {
            let chance = &mut order.chance;
            text.push_str(&format!(
                "{},{},{},{:.2}\r\n",
                prose::uuid(chance),
                chance.hex(12),
                hex(&chance.bytes(32)),
                chance.spread(90.0, 1.0)
            ));
        }
        carry.put(order, &mut talk, turn, "text/csv", text.into_bytes(), 0);
    }
    talk
}

/// Lines of logs with identifiers of requests.
pub(super) fn logs(order: &mut Order, carrier: Carrier) -> Talk {
    let mut talk = Talk::default();
    let mut carry = Carry::new(order, carrier, false);
    let ids = order.chance.happens(0.6);
    for turn in 0..order.messages {
        let size = order.size();
        let mut text = String::new();
        while text.len() < size {
            let line = prose::log(&mut order.chance, 1);
            text.push_str(line.trim_end());
            if ids {
                text.push_str(&format!(
                    " request_id={} trace={}",
                    prose::uuid(&mut order.chance),
                    hex(&order.chance.bytes(16))
                ));
            }
            text.push('\n');
        }
        carry.put(order, &mut talk, turn, "text/plain", text.into_bytes(), 0);
    }
    if order.sender(0) == Side::In {
        talk.mark("download");
    }
    talk
}
