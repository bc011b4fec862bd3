"""Whether memory and descriptors stayed flat, and what the run has shown."""

import dataclasses
import json
import statistics

from chaos.log import distribution

# What a process takes in its first minute is no growth.
WARM_UP = 60.0
SHORTEST_LIFE = 100.0
MOST_MEMORY, MOST_DESCRIPTORS = (1.10, 8e6), 10


def medians(samples):
    """Of the fifth after the first minute, and of the last fifth."""
    if not samples or samples[-1].at - samples[0].at < SHORTEST_LIFE:
        return None
    settled = [sample for sample in samples if sample.at >= samples[0].at + WARM_UP]
    fifth = max(1, len(settled) // 5)
    return [
        tuple(statistics.median(getattr(sample, of) for sample in part) for of in ("memory", "descriptors", "threads"))
        for part in (settled[:fifth], settled[-fifth:])]


def check_flatness(sampler, log):
    factor, more = MOST_MEMORY
    for (name, life), samples in sampler.lives.items():
        if (found := medians(samples)) is None:
            continue
        (memory, descriptors, _), (last_memory, last_descriptors, _) = found
        log.count("lives long enough for their memory to count")
        if last_memory > factor * memory + more:
            log.violate(f"{name} {life}: memory grew from {memory / 1e6:.1f} MB to {last_memory / 1e6:.1f} MB")
        if last_descriptors > descriptors + MOST_DESCRIPTORS:
            log.violate(f"{name} {life}: descriptors grew from {descriptors:.0f} to {last_descriptors:.0f}")


def check_refusals(sampler, log):
    """The broker refuses nobody but the client that never reads."""
    for code in ("UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"):
        if (number := sampler.sum("waybill_broker_refused_total", code)) > 0:
            log.violate(f"the broker refused {number} requests by {code}")


def part(values, of):
    """The value that this part of them is below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(of * len(ordered)))] if ordered else 0.0


def tell(options, log, record, checker, sampler, stalls):
    latencies = [latency for _, latency in record.latencies]
    total = sampler.sum
    lines = [
        f"{record.sent} requests: {record.answered} answered, {record.lost} lost, {record.twice} answered twice, "
        f"{record.wrong} wrong; {checker.checked} answers checked",
        "asked: " + ", ".join(f"{kind} {number}" for kind, number in record.kinds.most_common()),
        f"latency: p50 {1000 * part(latencies, 0.5):.1f} ms, p99 {1000 * part(latencies, 0.99):.1f} ms, "
        f"longest {1000 * max(latencies, default=0):.0f} ms",
        f"not modified {record.not_modified}; while a tool wrote the storage: stale {record.stale}, "
        f"an image left out {record.left_out}, between two states {record.between}",
        f"answers were behind the stores: {distribution(checker.ages)}",
        f"the same while a worker was stopped or soon after: {distribution(checker.ages_after_stops)}",
        f"the broker: answered {total('waybill_broker_answered_total')}, "
        f"refused {total('waybill_broker_refused_total')} "
        f"(UNAVAILABLE {total('waybill_broker_refused_total', 'UNAVAILABLE')}), "
        f"dropped {total('waybill_broker_dropped_total')}, redispatched {total('waybill_broker_redispatched_total')}, "
        f"workers lost {total('waybill_broker_worker_losses_total')}, "
        f"invalid messages {total('waybill_broker_invalid_messages_total')}, "
        f"refused connections {total('waybill_refused_connections_total')}, "
        f"longest queue in a sample {max(row['queued_requests'] for row in sampler.counters):.0f}",
        f"who answered Status: {dict(sorted(record.answered_by.items()))}",
        f"this program was held up by the machine for {stalls.longest_since(record.begun):.2f} s at most",
    ]
    for (name, life), samples in sorted(sampler.lives.items()):
        if (found := medians(samples)) is not None:
            (memory, descriptors, threads), (last_memory, last_descriptors, last_threads) = found
            lines.append(
                f"{name} {life}, {samples[-1].at - samples[0].at:.0f} s: {memory / 1e6:.1f} MB, then "
                f"{last_memory / 1e6:.1f} MB; {descriptors:.0f} descriptors, then {last_descriptors:.0f}; "
                f"{threads:.0f} threads, then {last_threads:.0f}")
    lines += [f"  {number:7}  {what}" for what, number in sorted(log.counts.items())]
    lines += [f"  broken: {text[:400]}" for text in log.violations[:20]]
    lines.append(f"{len(log.violations)} broken rules in {options.minutes:g} minutes, seed {options.seed}")
    return lines


def save(record, sampler, path):
    """The figures of which the chart is made, for whoever looks into a run that was kept."""
    path.write_text(json.dumps({
        "begun": record.begun, "latencies": record.latencies, "kills": record.kills, "pauses": record.pauses,
        "counters": sampler.counters,
        "lives": [
            [name, life, [dataclasses.astuple(sample) for sample in samples]]
            for (name, life), samples in sampler.lives.items()]}))
