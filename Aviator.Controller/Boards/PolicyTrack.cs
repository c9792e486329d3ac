using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Orders;
using Aviator.Controller.Status;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Boards;

/// <summary>What the board remembers of one policy. Not safe for several threads.</summary>
/// <param name="policy">The policy as it was first heard of.</param>
internal sealed class PolicyTrack(AviatorPolicy policy)
{
    private readonly Queue<long> _times = new();
    private readonly Queue<DecisionEntry> _decisions = new();
    private Dictionary<string, EndpointTrack> _endpoints = new(StringComparer.Ordinal);
    private PolicyStanding? _standing;
    private PolicyBoard? _board;

    /// <summary>Endpoints held.</summary>
    public int Count => _endpoints.Count;

    /// <summary>Endpoints left out for want of room.</summary>
    public int LeftOut { get; private set; }

    /// <summary>The policy as it was last heard of.</summary>
    public AviatorPolicy Policy => _standing?.Policy ?? policy;

    /// <summary>What kernels do by its last look; null where slices carry decisions out.</summary>
    public KernelStanding? Kernel => _standing?.Kernel;

    /// <summary>Takes in how the policy stands.</summary>
    /// <param name="standing">How it stands.</param>
    /// <param name="atMs">The time, in Unix milliseconds.</param>
    /// <param name="room">Endpoints that it may hold.</param>
    /// <returns>Whether anything is new.</returns>
    public bool Show(PolicyStanding standing, long atMs, int room)
    {
        if (standing.IsSame(_standing)) return false;
        var evaluated = standing.Summary is not null && !ReferenceEquals(standing.Summary, _standing?.Summary);
        (_standing, _board) = (standing, null);
        if (evaluated) Evaluated(standing.Summary!.Rows, atMs, room);
        return true;
    }

    /// <summary>Takes in what a decision changed.</summary>
    public void Changed(DecisionChange change, long atMs)
    {
        foreach (var entry in DecisionEntries.Of(change, atMs))
        {
            _decisions.Enqueue(entry);
            if (_decisions.Count > BoardLimits.Decisions) _decisions.Dequeue();
        }

        _board = null;
    }

    /// <summary>The policy as it stands; the same object while nothing is new. Null before it was first shown.</summary>
    public PolicyBoard? ToBoard(BoardSources sources) => _board ??= _standing is null
        ? null
        : PolicyBoards.Of(_standing, [.. _times], _endpoints, [.. _decisions.Reverse()], sources);

    private void Evaluated(IReadOnlyList<EndpointRow> rows, long atMs, int room)
    {
        var first = _times.Count == 0;
        _times.Enqueue(atMs);
        if (_times.Count > BoardLimits.History) _times.Dequeue();

        // Endpoints that are gone are forgotten; what gets nothing is looked for first, so it is the last to be left out.
        var held = new Dictionary<string, EndpointTrack>(StringComparer.Ordinal);
        foreach (var row in PolicyBoards.InOrder(rows).Take(room))
        {
            var known = _endpoints.GetValueOrDefault(row.Key);
            var track = held[row.Key] = known ?? new();
            track.Add(row, atMs, came: known is null && !first);
        }

        (_endpoints, LeftOut) = (held, rows.Count - held.Count);
    }
}

/// <summary>How a policy stands at one look.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Conditions">What its conditions say.</param>
/// <param name="Summary">Its last evaluation; null while there is none.</param>
/// <param name="Source">The source of the figures.</param>
/// <param name="Kernel">What the nodes' kernels do; null where slices carry decisions out.</param>
internal sealed record PolicyStanding(
    AviatorPolicy Policy, PolicyConditions Conditions, PolicySummary? Summary, LatencySource? Source, KernelStanding? Kernel)
{
    /// <summary>Whether another look found the same.</summary>
    public bool IsSame(PolicyStanding? other) => other is not null && ReferenceEquals(Summary, other.Summary)
        && Conditions == other.Conditions && Policy.Metadata.Generation == other.Policy.Metadata.Generation
        && (Kernel is null ? other.Kernel is null : Kernel.IsSame(other.Kernel));
}
