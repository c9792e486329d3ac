using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Orders;
using Aviator.Controller.Status;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Boards;

/// <summary>Keeps what the board shows, within <see cref="BoardLimits"/>. Safe for several threads.</summary>
/// <param name="leadership">Whether this replica leads, and which one does.</param>
/// <param name="time">The clock of the board.</param>
internal sealed class BoardKeeper(ILeadership leadership, TimeProvider time) : IBoardSink
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PolicyTrack> _policies = new(StringComparer.Ordinal);

    /// <summary>Sent when something is new.</summary>
    public AsyncPulse News { get; } = new();

    /// <summary>What is asked for nodes and places; set once the cluster is seen.</summary>
    public BoardSources Sources { get; set; } = BoardSources.None;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public void Show(
        AviatorPolicy policy, PolicyConditions conditions, PolicySummary? summary, LatencySource? source, KernelStanding? kernel)
    {
        lock (_lock)
        {
            var track = TrackOf(policy);
            var room = BoardLimits.Endpoints - _policies.Values.Sum(other => other.Count) + track.Count;
            if (!track.Show(new(policy, conditions, summary, source, kernel), Now, room)) return;
        }

        News.Send();
    }

    /// <inheritdoc/>
    public void Changed(AviatorPolicy policy, DecisionChange change)
    {
        lock (_lock) TrackOf(policy).Changed(change, Now);
        News.Send();
    }

    /// <inheritdoc/>
    public void Forget(string uid)
    {
        lock (_lock) _policies.Remove(uid);
        News.Send();
    }

    /// <inheritdoc/>
    public void Clear()
    {
        lock (_lock) _policies.Clear();
        News.Send();
    }

    /// <summary>The board as of now.</summary>
    public Board Compose()
    {
        var (leads, replica) = (leadership.Term is not null, Environment.MachineName);
        var board = new Board
        {
            AtMs = Now,
            Replica = replica,
            Leads = leads,
            Leader = leads ? replica : LeaderNames.Replica(leadership.Holder),
        };
        if (!leads) return board;
        var sources = Sources;
        lock (_lock)
        {
            // One that was deleted while a worker looked at it was shown once more after it was forgotten.
            foreach (var (uid, track) in _policies)
                if (!sources.IsThere(track.Policy)) _policies.Remove(uid);
            return board with
            {
                Cut = Cut(),
                Policies =
                [
                    .. _policies.Values.Select(policy => policy.ToBoard(sources)).OfType<PolicyBoard>()
                        .OrderBy(policy => policy.Namespace, StringComparer.Ordinal).ThenBy(policy => policy.Name, StringComparer.Ordinal),
                ],
                Nodes = NodeBoards.Of(sources.Nodes(), _policies.Values.Select(policy => policy.Kernel)),
            };
        }
    }

    private string? Cut()
    {
        var (shown, leftOut) = (_policies.Values.Sum(policy => policy.Count), _policies.Values.Sum(policy => policy.LeftOut));
        return leftOut == 0 ? null : $"Only {shown} of {shown + leftOut} endpoints are shown; the policies' totals count all of them.";
    }

    private PolicyTrack TrackOf(AviatorPolicy policy) =>
        _policies.TryGetValue(policy.Metadata.Uid, out var track) ? track : _policies[policy.Metadata.Uid] = new(policy);
}
