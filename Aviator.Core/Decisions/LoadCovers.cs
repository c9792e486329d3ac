using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// The load per endpoint in service, and whether fewer endpoints would carry it: told by the rate of answers against the highest at which
/// latency and failures held (known-good), not by latency alone.
/// </summary>
internal static class LoadCovers
{
    /// <summary>A rate above known-good by this factor is taken to hold too, and then watched.</summary>
    private const double Step = 1.15;

    /// <summary>
    /// The same where even the fastest tenth of its answers is far slower than the others' middle: queues make equals slow in their tails,
    /// and leave some requests that meet none. One of three may leave.
    /// </summary>
    private const double NaturalStep = 1.5;

    /// <summary>Rates of the same traffic differ by chance.</summary>
    private const double Rounding = 0.05;

    /// <summary>Busy for at most this share of the time, even if each endpoint could work on only one request at once.</summary>
    private const double Idle = 0.6;

    /// <summary>Whether <paramref name="endpoints"/> ones can carry the load.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="endpoints">How many would be left.</param>
    /// <param name="natural">What leaves is far slower than the rest by nature, and not by its queue.</param>
    public static bool WithOnly(EvaluationContext context, int endpoints, bool natural)
    {
        // Probes come at their own rate, which says nothing of the load.
        if (context.Settings.Source == LatencySource.Probe) return true;
        if (endpoints <= 0) return false;
        if (IsIdle(context, endpoints)) return true;
        var capacity = context.State.Capacity;
        if (capacity.Limited) return false;
        return natural
            ? context.Load.CertainRate / endpoints <= capacity.KnownGoodRate * (NaturalStep + Rounding)
            : context.Load.Rate / endpoints <= capacity.KnownGoodRate * Step;
    }

    /// <summary>Whether <paramref name="endpoints"/> ones would have so little to do that no load needs to be weighed.</summary>
    public static bool IsIdle(EvaluationContext context, int endpoints) => context.Load.Busy * context.Load.InUse / endpoints <= Idle;
}
