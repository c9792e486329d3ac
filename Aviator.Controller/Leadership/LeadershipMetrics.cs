using System.Diagnostics.Metrics;
using Aviator.Controller.Telemetry;

namespace Aviator.Controller.Leadership;

/// <summary>What the election shows; instruments of the meter <c>Aviator.Controller</c>.</summary>
internal sealed class LeadershipMetrics
{
    private readonly Counter<long> _terms;
    private readonly Counter<long> _requests;
    private Func<LeaderTerm?> _term = () => null;

    public LeadershipMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(ControllerMetrics.MeterName);
        _terms = meter.CreateCounter<long>("aviator.leader.terms", "{term}", "Terms in which this process came to lead.");
        _requests = meter.CreateCounter<long>(
            "aviator.leader.requests", "{request}", "Rounds of reading or renewing the Lease, by outcome.");
        meter.CreateObservableGauge("aviator.leader", () => _term() is null ? 0 : 1, "{leader}", "1 while this process leads.");
        meter.CreateObservableGauge(
            "aviator.leader.term",
            () => _term()?.Number ?? 0,
            "{term}",
            "Number of the term in which this process leads; 0 while it does not.");
        _terms.Add(0);
        foreach (var outcome in (string[])["ok", "failed"]) _requests.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>Shows whether <paramref name="term"/> gives a term.</summary>
    public void Observe(Func<LeaderTerm?> term) => _term = term;

    public void Began() => _terms.Add(1);

    public void Asked(bool ok) => _requests.Add(1, new KeyValuePair<string, object?>("outcome", ok ? "ok" : "failed"));
}
