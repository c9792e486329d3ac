using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aviator.Kubernetes;

namespace Aviator.Controller.Telemetry;

/// <summary>What a policy's gauges show.</summary>
/// <param name="Steered">Whether its Service is steered now.</param>
/// <param name="Active">Endpoints that get traffic.</param>
/// <param name="Ready">Ready endpoints.</param>
/// <param name="Ejected">Endpoints that the breaker holds out.</param>
/// <param name="Degraded">Whether measurements are missing.</param>
/// <param name="P99">99th percentile over the endpoints that get traffic; null without samples.</param>
/// <param name="Reasons">The reasons of its conditions.</param>
internal sealed record PolicyGauges(
    bool Steered, int Active, int Ready, int Ejected, bool Degraded, TimeSpan? P99, PolicyReasons Reasons);

/// <summary>The reason of each condition of a policy, in the words of its status; there are few, and the code names them all.</summary>
internal sealed record PolicyReasons(string Accepted, string Steering, string Degraded, string InsufficientTraffic);

/// <summary>Owns every instrument of the meter <c>Aviator.Controller</c>. Labels name policies, kinds and outcomes, never pods.</summary>
internal sealed partial class ControllerMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Aviator.Controller";

    /// <summary>Buckets that fit what is done in milliseconds; the default ones are meant for milliseconds as the unit.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    };

    private static readonly string[] Outcomes = ["changed", "unchanged", "failed"];

    private static readonly (string Kind, string Verb)[] Writes =
    [
        ("EndpointSlice", "create"), ("EndpointSlice", "update"), ("EndpointSlice", "delete"), ("Service", "patch"),
        ("AviatorPolicy", "patch"), ("AviatorPolicy/status", "patch"), ("Event", "create"), ("Event", "patch"),
    ];

    private readonly Meter _meter;
    private readonly Counter<long> _evaluations;
    private readonly Counter<long> _decisionChanges;
    private readonly Counter<long> _ejections;
    private readonly Counter<long> _readmissions;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _eventsDropped;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _pulls;
    private readonly Counter<long> _orders;
    private readonly Histogram<double> _orderDuration;
    private readonly Histogram<double> _evaluationDuration;
    private readonly Histogram<double> _pullDuration;
    private readonly ConcurrentDictionary<ObjectKey, PolicyGauges> _policies = new();

    public ControllerMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _evaluations = _meter.CreateCounter<long>("aviator.policy.evaluations", "{evaluation}", "Evaluations of policies, by outcome.");
        _decisionChanges = _meter.CreateCounter<long>(
            "aviator.policy.decision.changes", "{change}", "Evaluations that changed the set of selected endpoints.");
        _ejections = _meter.CreateCounter<long>("aviator.endpoint.ejections", "{endpoint}", "Endpoints that the circuit breaker took out.");
        _readmissions = _meter.CreateCounter<long>("aviator.endpoint.readmissions", "{endpoint}", "Ejected endpoints that came back.");
        _writes = _meter.CreateCounter<long>(
            "aviator.kubernetes.writes", "{request}", "Writes to the API server, by kind, verb and outcome.");
        _eventsDropped = _meter.CreateCounter<long>(
            "aviator.kubernetes.events.dropped", "{event}", "Events not written: over the budget, refused, or no leader.");
        _failures = _meter.CreateCounter<long>(
            "aviator.reconcile.failures",
            "{failure}", "Reconciliations that failed: transient ones are retried, terminal ones wait for a change.");
        _pulls = _meter.CreateCounter<long>("aviator.agent.pulls", "{request}", "Requests for an agent's report, by outcome.");
        _orders = _meter.CreateCounter<long>(
            "aviator.steering.orders", "{request}", "Orders sent to agents for their nodes' kernels, by outcome.");
        _orderDuration = _meter.CreateHistogram<double>(
            "aviator.steering.order.duration", "s", "Time of one order that an agent answered.", advice: Seconds);
        _evaluationDuration = _meter.CreateHistogram<double>(
            "aviator.policy.evaluation.duration", "s", "Time of one evaluation, writes included.", advice: Seconds);
        _pullDuration = _meter.CreateHistogram<double>(
            "aviator.agent.pull.duration", "s", "Time of one successful request for an agent's report.", advice: Seconds);
        _meter.CreateObservableGauge(
            "aviator.services.steered", () => _policies.Values.Count(policy => policy.Steered), "{service}", "Services steered now.");
        _meter.CreateObservableGauge(
            "aviator.policy.endpoints", Endpoints, "{endpoint}", "Endpoints of a policy: active (get traffic), ready, ejected.");
        _meter.CreateObservableGauge(
            "aviator.policy.degraded", () => Each(policy => policy.Degraded ? 1 : 0),
            "{policy}", "1 while measurements are missing for a policy.");
        _meter.CreateObservableGauge(
            "aviator.policy.latency.p99", Latencies, "s", "99th percentile of service latency over the endpoints that get traffic.");
        _meter.CreateObservableGauge(
            "aviator.policy.reason", Reasons, "{policy}", "1 for the present reason of each condition of a policy.");
        StartAtZero();
    }

    /// <summary>Shows the queue of policies.</summary>
    public void ObserveQueue(Func<int> depth, Func<long> retries)
    {
        _meter.CreateObservableGauge("aviator.reconcile.queue.depth", depth, "{policy}", "Policies that wait for a worker.");
        _meter.CreateObservableCounter("aviator.reconcile.retries", retries, "{retry}", "Policies queued again after a failure.");
    }

    /// <summary>Shows the agents: how many answer, how many do not, and the age of the oldest report.</summary>
    public void ObserveAgents(Func<(int Fresh, int Stale)> agents, Func<double> oldestReportSeconds)
    {
        Measurement<int>[] Agents()
        {
            var (fresh, stale) = agents();
            return [new(fresh, Tag("state", "fresh")), new(stale, Tag("state", "stale"))];
        }

        _meter.CreateObservableGauge("aviator.agents", Agents, "{agent}", "Agents known, by whether their report is fresh.");
        _meter.CreateObservableGauge("aviator.agent.report.age", oldestReportSeconds, "s", "Age of the oldest agent's report.");
    }

    /// <summary>Shows the nodes that are sent orders, by whether their kernel steers.</summary>
    public void ObserveNodes(Func<(int Steering, int Passing)> nodes)
    {
        Measurement<int>[] Nodes()
        {
            var (steering, passing) = nodes();
            return [new(steering, Tag("state", "steering")), new(passing, Tag("state", "passing"))];
        }

        _meter.CreateObservableGauge(
            "aviator.steering.nodes", Nodes, "{node}", "Nodes that are sent orders, by whether their kernel carries them out.");
    }

    public void Ordered(TimeSpan duration)
    {
        _orders.Add(1, Tag("outcome", "ok"));
        _orderDuration.Record(duration.TotalSeconds);
    }

    /// <summary>Counts an order without an answer.</summary>
    /// <inheritdoc cref="PullFailed"/>
    public void OrderFailed(bool refused) => _orders.Add(1, Tag("outcome", refused ? "refused" : "failed"));

    public void Evaluated(TimeSpan duration, bool changed)
    {
        _evaluations.Add(1, Tag("outcome", changed ? "changed" : "unchanged"));
        _evaluationDuration.Record(duration.TotalSeconds);
        if (changed) _decisionChanges.Add(1);
    }

    public void Failed(bool terminal)
    {
        _evaluations.Add(1, Tag("outcome", "failed"));
        _failures.Add(1, Tag("kind", terminal ? "terminal" : "transient"));
    }

    public void Ejected(int endpoints) => _ejections.Add(endpoints);

    public void Readmitted(int endpoints) => _readmissions.Add(endpoints);

    public void Wrote(string kind, string verb, bool ok) =>
        _writes.Add(1, Tag("kind", kind), Tag("verb", verb), Tag("outcome", ok ? "ok" : "refused"));

    public void EventDropped() => _eventsDropped.Add(1);

    public void Pulled(TimeSpan duration)
    {
        _pulls.Add(1, Tag("outcome", "ok"));
        _pullDuration.Record(duration.TotalSeconds);
    }

    /// <summary>Counts a request without a report.</summary>
    /// <param name="refused">Whether the agent does not let this controller in; else it could not be reached or answered no report.</param>
    public void PullFailed(bool refused) => _pulls.Add(1, Tag("outcome", refused ? "refused" : "failed"));

    /// <summary>Sets a policy's gauges.</summary>
    public void Show(ObjectKey policy, PolicyGauges gauges) => _policies[policy] = gauges;

    /// <summary>Ends the series of a policy that is gone.</summary>
    public void Forget(ObjectKey policy) => _policies.TryRemove(policy, out _);

    /// <summary>Ends the series of all policies: another process shows them now, or this one will again.</summary>
    public void ForgetPolicies() => _policies.Clear();

    public void Dispose() => _meter.Dispose();

    /// <summary>A series that appears with its first failure has no rate to alert on; so all known ones start at 0.</summary>
    private void StartAtZero()
    {
        foreach (var outcome in Outcomes) _evaluations.Add(0, Tag("outcome", outcome));
        foreach (var kind in (string[])["terminal", "transient"]) _failures.Add(0, Tag("kind", kind));
        foreach (var outcome in (string[])["ok", "failed", "refused"])
        {
            _pulls.Add(0, Tag("outcome", outcome));
            _orders.Add(0, Tag("outcome", outcome));
        }

        foreach (var (kind, verb) in Writes)
        {
            foreach (var outcome in (string[])["ok", "refused"])
                _writes.Add(0, Tag("kind", kind), Tag("verb", verb), Tag("outcome", outcome));
        }

        _decisionChanges.Add(0);
        _ejections.Add(0);
        _readmissions.Add(0);
        _eventsDropped.Add(0);
    }

    private IEnumerable<Measurement<int>> Endpoints() => _policies.SelectMany(entry => new Measurement<int>[]
    {
        new(entry.Value.Active, [.. Names(entry.Key), Tag("state", "active")]),
        new(entry.Value.Ready, [.. Names(entry.Key), Tag("state", "ready")]),
        new(entry.Value.Ejected, [.. Names(entry.Key), Tag("state", "ejected")]),
    });

    private IEnumerable<Measurement<int>> Each(Func<PolicyGauges, int> value) =>
        _policies.Select(entry => new Measurement<int>(value(entry.Value), Names(entry.Key)));

    private IEnumerable<Measurement<int>> Reasons() => _policies.SelectMany(entry => new Measurement<int>[]
    {
        Reason(entry.Key, "Accepted", entry.Value.Reasons.Accepted),
        Reason(entry.Key, "Steering", entry.Value.Reasons.Steering),
        Reason(entry.Key, "Degraded", entry.Value.Reasons.Degraded),
        Reason(entry.Key, "InsufficientTraffic", entry.Value.Reasons.InsufficientTraffic),
    });

    private static Measurement<int> Reason(ObjectKey policy, string condition, string reason) =>
        new(1, [.. Names(policy), Tag("condition", condition), Tag("reason", reason)]);

    private IEnumerable<Measurement<double>> Latencies() =>
        _policies.Where(entry => entry.Value.P99 is not null)
            .Select(entry => new Measurement<double>(entry.Value.P99!.Value.TotalSeconds, Names(entry.Key)));

    private static KeyValuePair<string, object?>[] Names(ObjectKey policy) =>
        [Tag("namespace", policy.Namespace), Tag("policy", policy.Name)];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
