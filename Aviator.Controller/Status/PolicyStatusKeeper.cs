using System.Collections.Concurrent;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Events;
using Aviator.Controller.Orders;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;

namespace Aviator.Controller.Status;

/// <summary>
/// Keeps each policy's status in step with what is known, in few writes, and reports changes of conditions by Events. What changed is
/// judged against the status as written, so a restart repeats nothing.
/// </summary>
/// <param name="writer">Writes them.</param>
/// <param name="events">Takes changes of conditions.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes failures.</param>
/// <param name="board">Shows it elsewhere, as on the live page; null while nothing does.</param>
internal sealed partial class PolicyStatusKeeper(
    IStatusWriter writer, IEventRecorder events, TimeProvider time, ILogger<PolicyStatusKeeper> logger, IBoardSink? board = null)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Brings the status up to date when that is worth a write.</summary>
    public async Task UpdateAsync(
        AviatorPolicy policy, PolicyConditions conditions, PolicySummary? summary, LatencySource? source,
        CancellationToken cancellationToken, KernelStanding? kernel = null)
    {
        board?.Show(policy, conditions, summary, source, kernel);
        var entry = _entries.GetOrAdd(policy.Metadata.Uid, _ => new(policy.Status, new StatusSchedule(time)));
        var generation = policy.Metadata.Generation ?? 0;
        var next = StatusBuilder.Build(entry.Written, generation, conditions, summary, source, time.GetUtcNow(), kernel);
        if (!entry.Schedule.Due(entry.Written, next)) return;
        try
        {
            if (!await writer.WriteAsync(policy, next, cancellationToken)) return;
        }
        catch (Exception fault) when (fault is ApiException or HttpRequestException or IOException or TimeoutException)
        {
            // A status that cannot be written is no reason to stop deciding; it is written later.
            entry.Schedule.Failed();
            LogFailed(policy.Key(), fault.Message);
            return;
        }

        foreach (var note in ConditionEvents.Of(policy, entry.Written, next)) events.Record(note);
        entry.Written = next;
        entry.Schedule.Wrote();
    }

    /// <summary>This process begins to lead: the statuses as seen count, not those that it wrote itself long ago.</summary>
    public void BeginTerm()
    {
        _entries.Clear();
        board?.Clear();
    }

    /// <summary>Forgets a policy that is gone.</summary>
    public void Forget(string uid)
    {
        _entries.TryRemove(uid, out _);
        board?.Forget(uid);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to write the status of AviatorPolicy {Policy}: {Error}")]
    private partial void LogFailed(ObjectKey policy, string error);

    private sealed class Entry(AviatorPolicyStatus? written, StatusSchedule schedule)
    {
        public AviatorPolicyStatus? Written { get; set; } = written;

        public StatusSchedule Schedule { get; } = schedule;
    }
}
