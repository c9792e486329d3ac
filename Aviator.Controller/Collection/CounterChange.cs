using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>
/// By how much an endpoint's cumulative counters changed from one report to a later one; the changes of reports that follow each other add
/// up to that over all of them.
/// </summary>
/// <param name="buffer">Where it is held: <see cref="BufferLength"/> numbers of any value.</param>
internal ref struct CounterChange(Span<long> buffer)
{
    /// <summary>Numbers that one takes.</summary>
    public const int BufferLength = 2 * HistogramLayout.BucketCount;

    private HistogramChange _latency = new(buffer[..HistogramLayout.BucketCount]);
    private HistogramChange _abandoned = new(buffer[HistogramLayout.BucketCount..]);

    /// <summary>What is counted without a latency.</summary>
    public CounterFigures Figures { get; private set; }

    /// <summary>Whether no counter went down. If one did, the two reports are not of one growing row.</summary>
    public readonly bool IsGrowth => !Figures.AnyNegative && !_latency.AnyNegative && !_abandoned.AnyNegative;

    /// <summary>Adds the change from one report to another.</summary>
    public void Add(CumulativeCounters earlier, CumulativeCounters later)
    {
        if (ReferenceEquals(earlier, later)) return;
        _latency.Add(earlier.Latency, later.Latency);
        _abandoned.Add(earlier.Abandoned, later.Abandoned);
        Figures += later.Figures - earlier.Figures;
    }

    /// <summary>Adds a change that was written.</summary>
    public void Add(ReadOnlySpan<byte> written)
    {
        if (written.IsEmpty) return;
        var input = new ByteReader(written);
        Figures += CounterFigures.Read(ref input);
        _latency.Add(ref input);
        _abandoned.Add(ref input);
    }

    /// <summary>Takes back a change that is part of this one.</summary>
    public void Subtract(scoped in CounterChange other)
    {
        Figures -= other.Figures;
        _latency.Subtract(other._latency);
        _abandoned.Subtract(other._abandoned);
    }

    /// <summary>Writes the change; nothing where nothing changed.</summary>
    public readonly void Write(ByteWriter output)
    {
        if (Figures == default && !_latency.Any && !_abandoned.Any) return;
        Figures.Write(output);
        _latency.Write(output);
        _abandoned.Write(output);
    }

    /// <summary>The window between the two reports; null when a counter went down.</summary>
    /// <param name="duration">The window's length.</param>
    /// <param name="waitingBefore">Requests without an answer at its beginning.</param>
    /// <param name="failuresApart">
    /// Failures are not among the samples (probes): they are added, as samples that the failure count then takes back.
    /// </param>
    public readonly MeasuredWindow? Window(TimeSpan duration, long waitingBefore, bool failuresApart)
    {
        if (!IsGrowth) return null;
        var (latency, failures, statuses) = (_latency.ToHistogram(), Figures.Failures, Figures.Statuses);
        if (failuresApart) latency = latency.Merge(LatencyHistogram.Repeat(TimeSpan.Zero, failures));
        return new MeasuredWindow(latency, failures, Figures.Unmeasured, duration)
        {
            Abandoned = _abandoned.ToHistogram(),
            Statuses = statuses,
            ServerErrors = Figures.ServerErrors,
            WaitingBefore = waitingBefore,
            WithoutStatus = failuresApart ? 0 : Math.Max(0, latency.Count - failures - statuses.Sum),
        };
    }
}
