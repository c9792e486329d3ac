using Aviator.Agent.Counters;
using Aviator.Agent.Engines;
using Aviator.Agent.Probing;
using Aviator.Agent.Sources;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Reporting;

/// <summary>Puts together what this node knows, as of the last read.</summary>
internal sealed class NodeReportBuilder(
    MeasurementSource source, TrafficLedger traffic, ProbeLedger probes, EngineLedger engines, ReadClock clock, ReadingPace pace,
    AgentOptions options)
{
    /// <summary>In characters; one takes at most three bytes of UTF-8.</summary>
    private const int MostDetail = (NodeReportCodec.MaxText / 3) - 1;

    /// <summary>The report; ages are those of this moment.</summary>
    public NodeReport Build()
    {
        var (sequence, age, plan) = clock.LastRead;
        return new NodeReport
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = options.NodeName,
            Epoch = clock.Epoch,
            Sequence = sequence,
            AgeSeconds = Math.Round(age.TotalSeconds, 3),
            SubWindowSeconds = pace.Now.TotalSeconds,
            Source = source.Kind,
            SourceDetail = Short(source.Detail),
            Endpoints = [.. traffic.Read(plan).Select(Row)],
        };
    }

    /// <summary>
    /// A verifier's log can be long, and a report with so long a text would be refused; the agent's own log has it whole.
    /// </summary>
    private static string Short(string detail) => detail.Length <= MostDetail ? detail : $"{detail[..MostDetail]}…";

    private EndpointReport Row(TrafficState state)
    {
        var probe = probes.Read(state.Interest);
        return new EndpointReport
        {
            Address = state.Interest.Key.Address.ToString(),
            Port = state.Interest.Key.Port,
            PodUid = state.Interest.PodUid,
            Namespace = state.Interest.Namespace,
            Pod = state.Interest.Pod,
            Traffic = state.Total,
            Rif = state.Rif,
            AnswersUnderWay = state.AnswersUnderWay,
            OldestInFlightSeconds = state.OldestInFlight.TotalSeconds,
            NetworkRttSeconds = state.NetworkRtt?.TotalSeconds,
            Probe = probe?.Report,
            Engine = engines.Read(state.Interest),
            Recent = source.Kind == LatencySource.Probe && probe is { } probed ? probed.Recent : state.Recent,
        };
    }
}
