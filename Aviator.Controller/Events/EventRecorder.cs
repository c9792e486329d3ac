using System.Threading.Channels;
using Aviator.Controller.Leadership;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;

namespace Aviator.Controller.Events;

/// <summary>Reports to users what happened, by Events. Never makes an evaluation wait: what does not fit is dropped and counted.</summary>
internal interface IEventRecorder
{
    /// <summary>Takes a note; returns at once.</summary>
    void Record(EventNote note);
}

/// <summary>Writes the notes one after the other: a new Event, or a higher count of the one that stands.</summary>
internal sealed partial class EventRecorder(
    ApiConnection connection, ILeadership leadership, ControllerMetrics metrics, TimeProvider time, ILogger<EventRecorder> logger)
    : BackgroundService, IEventRecorder
{
    private const int Waiting = 1024;
    private const int Remembered = 4096;

    /// <summary>Servers keep Events for an hour by default; a count older than that has nothing to add to.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(55);

    private static readonly ResourceKind Kind = new("", "v1", "events");

    private readonly Channel<EventNote> _notes = Channel.CreateBounded<EventNote>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<ObjectKey, (int Count, long At)> _counts = [];
    private readonly EventBudget _budget = new(time);
    private LeaderTerm? _counted;

    /// <inheritdoc/>
    public void Record(EventNote note)
    {
        if (!_notes.Writer.TryWrite(note)) metrics.EventDropped();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var note in _notes.Reader.ReadAllAsync(stoppingToken))
        {
            if (leadership.Term is not { } term || !_budget.TryTake(note.Target.Uid))
            {
                metrics.EventDropped();
                continue;
            }

            // Another leader may have counted on since an earlier term.
            if (term != _counted) _counts.Clear();
            _counted = term;
            try
            {
                await WriteAsync(note, stoppingToken);
            }
            catch (ApiException refusal) when (refusal.IsNamespaceTerminating)
            {
                // The namespace is on its way out, and takes its Events with it.
                metrics.EventDropped();
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, an Event is never worth ending the process.
                metrics.EventDropped();
                LogFailed(note.Reason, note.Target.Kind, note.Target.Namespace, note.Target.Name, fault.Message);
            }
        }
    }

    private async Task WriteAsync(EventNote note, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(note.Target.Namespace, EventBody.Name(note));
        var known = _counts.TryGetValue(key, out var before) && time.GetElapsedTime(before.At) < Memory ? before.Count : 0;
        if (known == 0) known = await CreateAsync(key, note, cancellationToken) ? 0 : await CountAsync(key, cancellationToken);
        if (known > 0 && !await RepeatAsync(key, note, known + 1, cancellationToken))
        {
            known = 0;
            await CreateAsync(key, note, cancellationToken);
        }

        if (_counts.Count >= Remembered) _counts.Clear();
        _counts[key] = (known + 1, time.GetTimestamp());
    }

    /// <returns>False when an Event of that name stands already.</returns>
    private async Task<bool> CreateAsync(ObjectKey key, EventNote note, CancellationToken cancellationToken)
    {
        try
        {
            using var created = await connection.SendAsync(
                HttpMethod.Post,
                Kind.Path(key.Namespace),
                EventBody.Create(note, Environment.MachineName, time.GetUtcNow()),
                cancellationToken: cancellationToken);
            metrics.Wrote("Event", "create", ok: true);
            return true;
        }
        catch (ApiException refusal) when (refusal.IsConflict)
        {
            return false;
        }
    }

    private async Task<int> CountAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        using var standing = await connection.SendAsync(HttpMethod.Get, Kind.Path(key), cancellationToken: cancellationToken);
        return standing.RootElement.TryGetProperty("count", out var count) && count.TryGetInt32(out var value) ? Math.Max(1, value) : 1;
    }

    /// <returns>False when the Event is gone: servers forget them.</returns>
    private async Task<bool> RepeatAsync(ObjectKey key, EventNote note, int count, CancellationToken cancellationToken)
    {
        try
        {
            using var patched = await connection.SendAsync(
                HttpMethod.Patch,
                Kind.Path(key),
                EventBody.Repeat(note, count, time.GetUtcNow()),
                ApiConnection.MergePatch,
                cancellationToken);
            metrics.Wrote("Event", "patch", ok: true);
            return true;
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to write Event {Reason} about {Kind} {Namespace}/{Name}: {Error}")]
    private partial void LogFailed(string reason, string kind, string @namespace, string name, string error);
}
