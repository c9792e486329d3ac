using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>
/// Which agent speaks for a node. One that started again is believed at once, by its new epoch; of two that report side by side, the one
/// that was there first.
/// </summary>
internal sealed class NodeReporter(string node, string epoch)
{
    /// <summary>An agent that has measured nothing for so long is gone; the longest sub-window is a second.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private NodeRing? _before;
    private string? _rival;

    /// <summary>The reports of the agent that is believed.</summary>
    public NodeRing Ring { get; private set; } = new(epoch);

    /// <summary>Takes a report of the node in.</summary>
    /// <returns>Why it was refused; null when it was not.</returns>
    public string? Accept(NodeReport report, TimeSpan arrivedAt, TimeSpan retention)
    {
        if (report.Epoch == Ring.Epoch)
        {
            Ring.Add(report, arrivedAt, retention);
            // No window reaches back to what an agent that has long ended measured.
            if (_before?.Newest is { } last && arrivedAt - last.ArrivedAt > retention) _before.KeepNewest();
            return null;
        }

        if (_before is { } before && report.Epoch == before.Epoch)
        {
            // The same report again lay in Redis; a newer one says that its agent never ended.
            if (before.Add(report, arrivedAt, retention)) (_rival, Ring, _before) = (Ring.Epoch, before, null);
            return null;
        }

        if (report.Epoch == _rival && Ring.Newest is { } newest && arrivedAt - newest.MeasuredAt < Silence)
            return $"two agents report for node {node}: the one that was there first is believed; end the other one";
        (_before, Ring, _rival) = (Ring, new(report.Epoch), null);
        Ring.Add(report, arrivedAt, retention);
        return null;
    }
}
