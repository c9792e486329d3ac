using System.Collections.Concurrent;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Events;
using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Controller.Status;
using Aviator.Core;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;

namespace Aviator.Controller.Autoscaling;

/// <summary>
/// Keeps the last figures of each policy's Service, for as long as they say something of the present. Safe for several threads.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class FigureKeeper(TimeProvider time) : IBoardSink
{
    /// <summary>So old may figures be at least: an autoscaler asks every 15 s.</summary>
    private static readonly TimeSpan LeastLife = TimeSpan.FromSeconds(15);

    /// <summary>Evaluations that may be missed before the last one's figures say nothing any more.</summary>
    private const int Missed = 3;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Show(
        AviatorPolicy policy, PolicyConditions conditions, PolicySummary? summary, LatencySource? source, KernelStanding? kernel)
    {
        var uid = policy.Metadata.Uid;
        if (summary is null)
        {
            _entries.TryRemove(uid, out _);
            return;
        }

        // Between two evaluations a policy is looked at many times, and none of them makes a figure younger.
        if (_entries.TryGetValue(uid, out var known) && ReferenceEquals(known.Summary, summary)) return;
        var interval = GoDuration.TryParse(policy.Spec.EvaluationInterval, out var read, out _) ? read : TimeSpan.Zero;
        var life = interval * Missed > LeastLife ? interval * Missed : LeastLife;
        _entries[uid] = new(PolicyStore.TargetOf(policy), policy.Metadata.Name, summary, time.GetUtcNow(), time.GetTimestamp(), life);
    }

    /// <inheritdoc/>
    public void Changed(AviatorPolicy policy, DecisionChange change)
    {
        // The evaluation that it belongs to is shown as well.
    }

    /// <inheritdoc/>
    public void Forget(string uid) => _entries.TryRemove(uid, out _);

    /// <inheritdoc/>
    public void Clear() => _entries.Clear();

    /// <summary>The figures of the Services of a namespace, by name.</summary>
    public IReadOnlyList<ServiceFigures> In(string ns) =>
        [.. Present().Where(figures => figures.Service.Namespace == ns).OrderBy(figures => figures.Service.Name, StringComparer.Ordinal)];

    /// <summary>The figures of one Service; null when there are none.</summary>
    public ServiceFigures? Find(ObjectKey service) => Present().FirstOrDefault(figures => figures.Service == service);

    private IEnumerable<ServiceFigures> Present()
    {
        foreach (var (uid, entry) in _entries)
        {
            var age = time.GetElapsedTime(entry.Timestamp);
            // Also one that was deleted while a worker looked at it, and so was shown once more after it was forgotten.
            if (age > entry.Life) _entries.TryRemove(new(uid, entry));
            else yield return new(entry.Service, entry.Policy, entry.Summary.P99, entry.Summary.Load, entry.At, age);
        }
    }

    private sealed record Entry(
        ObjectKey Service, string Policy, PolicySummary Summary, DateTimeOffset At, long Timestamp, TimeSpan Life);
}
