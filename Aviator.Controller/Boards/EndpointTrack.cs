using Aviator.Core.Boards;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Boards;

/// <summary>What the board remembers of one endpoint. Not safe for several threads.</summary>
internal sealed class EndpointTrack
{
    private readonly Queue<double?> _p50 = new();
    private readonly Queue<double?> _p99 = new();
    private EndpointState? _state;

    /// <summary>Since when it is in its state, in Unix milliseconds; null when it was so when it was first seen.</summary>
    public long? SinceMs { get; private set; }

    /// <summary>Takes an evaluation in.</summary>
    /// <param name="row">What it came to.</param>
    /// <param name="atMs">When, in Unix milliseconds.</param>
    /// <param name="came">Whether the endpoint came since the evaluation before, so that its state began now.</param>
    public void Add(EndpointRow row, long atMs, bool came)
    {
        if (_state is null ? came : _state != row.State) SinceMs = atMs;
        _state = row.State;
        Add(_p50, BoardFigures.Milliseconds(row.P50));
        Add(_p99, BoardFigures.Milliseconds(row.P99));
    }

    /// <summary>The history, with nulls for the evaluations before it came.</summary>
    /// <param name="length">Evaluations that the policy's history has; no fewer than the endpoint's.</param>
    public EndpointHistory History(int length) => new(Padded(_p50, length), Padded(_p99, length));

    private static void Add(Queue<double?> figures, double? figure)
    {
        figures.Enqueue(figure);
        if (figures.Count > BoardLimits.History) figures.Dequeue();
    }

    private static double?[] Padded(Queue<double?> figures, int length)
    {
        var padded = new double?[length];
        figures.CopyTo(padded, length - figures.Count);
        return padded;
    }
}
