//! The way from rows to transfers: conversations of a fleet, joined and summed in memory. Throughput in flows.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lopside_engine::error::EngineError;
use lopside_engine::join::attribute::{JoinSink, attribute};
use lopside_engine::join::clock::Clocks;
use lopside_engine::join::context::JoinContext;
use lopside_engine::join::conversation::{
    ConversationTables, Conversations, Folded, connection_ends, flow_ends,
};
use lopside_engine::join::owners::{Claims, Owners};
use lopside_engine::join::survey::Survey;
use lopside_model::Micros;
use lopside_model::net::from_bits;
use lopside_model::record::{EventClass, FlowKind, LocalEnd};
use lopside_model::table::RowBatch;
use lopside_model::tables::{Connection, Contact, Flow, Transfer};

/// Flows of a fleet, every one with its connection; `reuse` flows share each 5-tuple.
fn tables(flows: u32, reuse: u32) -> ConversationTables {
    let mut flow_rows = RowBatch::default();
    let mut connection_rows = RowBatch::default();
    for number in 0..flows {
        let tuple = number / reuse;
        let start = 1_773_220_442_000_000 + i64::from(number) * 7_000_000;
        let source_ip = 0xffff_0a00_0000_u128 + u128::from(tuple % 2_000);
        let source_port = u16::try_from(49_152 + tuple % 16_000).unwrap_or(49_152);
        let destination_ip = 0xffff_cb00_7100_u128 + u128::from(tuple % 200);
        let uid = format!("C{number}");
        let flow = Flow {
            sensor: "sensor",
            uid: Some(&uid),
            kind: FlowKind::Final.code(),
            start,
            end: Some(start + 4_000_000),
            protocol: 6,
            source_ip,
            source_port,
            destination_ip,
            destination_port: 443,
            initiator_known: true,
            opening: true,
            answered: true,
            source_bytes: Some(u64::from(number) * 10),
            source_quality: 0,
            destination_bytes: Some(9_000),
            destination_quality: 0,
            layer: 0,
            source_packets: Some(10),
            destination_packets: Some(12),
            missed_bytes: Some(0),
            service: Some("ssl"),
            state: Some("SF"),
            input: 0,
            record: u64::from(number),
            ..Flow::default()
        };
        flow_rows.push(flow_ends(&flow).stable_hash(), &flow);
        let host = format!("ws-{}", tuple % 2_000);
        let connection = Connection {
            host: &host,
            class: EventClass::Sysmon3.code(),
            time: start + 200_000,
            logged: None,
            protocol: 6,
            source_ip,
            source_port,
            destination_ip,
            destination_port: 443,
            local_end: LocalEnd::Source.code(),
            pid: Some(number % 9_000),
            guid: Some(u128::from(number % 50) + 1),
            image: Some(r"C:\Program Files\Kite\kite.exe"),
            user: Some(r"CORP\m.ito"),
            remote_name: None,
            input: 1,
            record: u64::from(number),
        };
        connection_rows.push(connection_ends(&connection).stable_hash(), &connection);
    }
    ConversationTables {
        flows: vec![Arc::new(flow_rows)],
        connections: vec![Arc::new(connection_rows)],
        ..ConversationTables::default()
    }
}

#[derive(Default)]
struct Counting(u64);

impl JoinSink for Counting {
    fn transfer(&mut self, row: &Transfer<'_>) -> Result<(), EngineError> {
        self.0 += row.bytes_out.unwrap_or(0);
        Ok(())
    }
    fn contact(&mut self, _row: &Contact<'_>) -> Result<(), EngineError> {
        Ok(())
    }
}

fn context(tables: &Conversations) -> JoinContext {
    let Ok(mut survey) = Survey::of(tables) else { return JoinContext::default() };
    let clocks = Clocks::fit(&survey.differences());
    let mut claims = Claims::default();
    let claimed = tables.each(Folded::WithConnections, &|connection| connection.time, |group| {
        for connection in group.connections {
            let time = Micros(connection.time);
            claims.add(from_bits(connection.source_ip), connection.host, EventClass::Sysmon3, time);
        }
        Ok(())
    });
    if claimed.is_err() {
        return JoinContext::default();
    }
    JoinContext {
        owners: Owners::new(&claims, &clocks, &Default::default()),
        clocks,
        ..JoinContext::default()
    }
}

fn join(c: &mut Criterion) {
    let mut group = c.benchmark_group("join");
    group.sample_size(20);
    for (name, reuse) in [("each tuple once", 1), ("1,000 flows on a tuple", 1_000)] {
        let tables = Conversations::from(tables(100_000, reuse));
        let context = context(&tables);
        group.throughput(Throughput::Elements(100_000));
        group.bench_with_input(BenchmarkId::new("survey", name), &tables, |b, tables| {
            b.iter(|| Survey::of(black_box(tables)).is_ok());
        });
        group.bench_with_input(BenchmarkId::new("attribute", name), &tables, |b, tables| {
            b.iter(|| {
                let mut sink = Counting::default();
                attribute(black_box(tables), &context, &mut sink).is_ok()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, join);
criterion_main!(benches);
