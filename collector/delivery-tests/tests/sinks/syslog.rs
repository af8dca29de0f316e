//! Alerts as a real rsyslog understands them.

use crate::fixtures::{id, notification, sink};
use anyhow::Result;
use saker_alert_formats::Notification;
use saker_alert_sinks::Outcome;
use saker_delivery_tests::Rsyslog;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn alerts_arrive_by_tls() -> Result<()> {
    let server = Rsyslog::start()?;
    let (address, tls) = server.tls();
    let tls = json!({
        "address": address,
        "tls": {
            "ca_file": tls.ca_file,
            "certificate_file": tls.certificate_file,
            "key_file": tls.key_file,
        },
    });
    let notifications: Vec<Notification> = (1..21).map(notification).collect();
    for (format, facility) in [("cef", "local1"), ("ocsf", "local2")] {
        let sink = sink(json!({
            "kind": "syslog",
            "transport": { "tls": tls },
            "format": format,
            "facility": facility,
        }))?;
        let outcomes = sink.deliver(&notifications).await;
        assert_eq!(outcomes, vec![Outcome::Delivered; 20]);
    }
    let received = server.received(40)?;
    assert_eq!(received.len(), 40);
    // local1 is 17, local2 is 18, critical is 2.
    for (message, number) in received
        .iter()
        .filter(|message| message.pri == "138")
        .zip(1..)
    {
        assert_eq!(message.host, format!("node-{}", number % 3));
        assert_eq!(message.app_name, "saker");
        assert!(
            message.text.trim_start().starts_with("CEF:0|"),
            "{message:?}"
        );
        let parameters: Value = serde_json::from_str(&message.parameters)?;
        assert_eq!(parameters["saker@32473"]["alert_id"], id(number));
        assert_eq!(parameters["saker@32473"]["pod"], format!("web-{number}"));
    }
    let ocsf: Vec<Value> = received
        .iter()
        .filter(|message| message.pri == "146")
        .map(|message| serde_json::from_str(message.text.trim_start()))
        .collect::<Result<_, _>>()?;
    assert_eq!(ocsf.len(), 20);
    for finding in ocsf {
        assert_eq!(finding["class_uid"], 2_004);
    }
    Ok(())
}
