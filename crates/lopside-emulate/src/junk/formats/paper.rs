//! PDF documents.

use crate::chance::Chance;
use crate::junk::encode::zlib;
use crate::junk::prose;

/// A PDF document of about so many bytes: pages of text, deflated.
pub(crate) fn pdf(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let pages = 1 + bytes / 6_000;
    let each = bytes.saturating_sub(400 + pages * 150) * 5 / 2 / pages;
    let mut out = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    let mut object = |out: &mut Vec<u8>, body: &[u8]| {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", places.len()).as_bytes());
        out.extend(body);
        out.extend(b"\nendobj\n");
    };
    object(&mut out, b"<< /Type /Catalog /Pages 2 0 R >>");
    let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
    object(&mut out, format!("<< /Type /Pages /Kids [{}] /Count {pages} >>", kids.join(" ")).as_bytes());
    object(&mut out, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    for page in 0..pages {
        let head = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
            5 + 2 * page
        );
        object(&mut out, head.as_bytes());
        let mut text = String::from("BT /F1 11 Tf 50 800 Td 14 TL\n");
        while text.len() < each {
            text.push_str(&format!("({}) Tj T*\n", prose::words(chance, 70)));
        }
        text.push_str("ET");
        let packed = zlib(text.as_bytes());
        let mut stream =
            format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", packed.len()).into_bytes();
        stream.extend(packed);
        stream.extend(b"\nendstream");
        object(&mut out, &stream);
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).as_bytes());
    for place in &places {
        out.extend(format!("{place:010} 00000 n \n").as_bytes());
    }
    let size = places.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    out
}
