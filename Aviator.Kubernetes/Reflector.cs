using System.Diagnostics;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Aviator.Kubernetes;

/// <summary>
/// Keeps an <see cref="ObjectStore{TItem}"/> in step with the API server: lists all pages, then watches from the list's resourceVersion. An
/// ended stream resumes from the last version seen; an expired one (410, on the request or inside the stream) leads to a new list, whose
/// differences are reported once. Every failure is followed by a growing pause with jitter.
/// </summary>
/// <typeparam name="TObject">What the JSON is read into.</typeparam>
/// <typeparam name="TItem">What is kept of it.</typeparam>
/// <param name="client">Where objects come from.</param>
/// <param name="store">Where they are kept.</param>
/// <param name="project">Picks what is kept; null leaves the object out of the store.</param>
/// <param name="options">Limits and pauses.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per list and per failure.</param>
public sealed partial class Reflector<TObject, TItem>(
    ResourceClient<TObject> client,
    ObjectStore<TItem> store,
    Func<ResourceItem<TObject>, TItem?> project,
    ReflectorOptions options,
    TimeProvider time,
    ILogger logger)
    where TObject : class
    where TItem : class
{
    private string? _resumeFrom;
    private long _lastContact;
    private long _lists;
    private long _watches;
    private long _events;
    private long _failures;
    private long _failingSince;
    private readonly Outage _outage = new();

    /// <summary>Complete lists read.</summary>
    public long Lists => Interlocked.Read(ref _lists);

    /// <summary>Watch requests sent.</summary>
    public long Watches => Interlocked.Read(ref _watches);

    /// <summary>Events received, bookmarks included.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Lists and watches that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Time since the server was last heard of; null before the first list.</summary>
    public TimeSpan? SinceContact => Interlocked.Read(ref _lastContact) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>How long lists and watches have failed; null while the server is followed.</summary>
    public TimeSpan? FailingFor => Interlocked.Read(ref _failingSince) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>Runs until cancelled; never throws but for that.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        var refusals = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var asked = TimeSpan.Zero;
            try
            {
                if (_resumeFrom is null)
                {
                    await ListAsync(cancellationToken).ConfigureAwait(false);
                    Recovered();
                    refusals = 0;
                }

                var healthy = await WatchAsync(cancellationToken).ConfigureAwait(false);
                refusals = 0;
                failures = healthy ? 0 : failures + 1;
                if (healthy) Recovered();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException error)
            {
                failures++;
                asked = error.RetryAfter ?? TimeSpan.Zero;
                if (error.IsExpired || ++refusals >= options.RefusalsBeforeRelist) _resumeFrom = null;
                Failed(error, failures);
            }
#pragma warning disable CA1031 // Whatever breaks one request must not end the reflection: everything behind it would act on a frozen world.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failures++;
                if (error is not (HttpRequestException or IOException or TimeoutException)) _resumeFrom = null;
                Failed(error, failures);
            }

            if (failures == 0) continue;
            var pause = options.Backoff.Pause(failures, Random.Shared);
            await PauseAsync(pause < asked ? asked : pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var kept = new List<KeyValuePair<ObjectKey, TItem>>();
        string? token = null;
        string version;
        do
        {
            var page = await client.ListAsync(options.PageSize, token, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
                if (project(item) is { } projected)
                    kept.Add(KeyValuePair.Create(item.Key, projected));
            version = page.ResourceVersion;
            token = page.Continue;
        }
        while (token is not null);

        store.Replace(kept);
        _resumeFrom = version;
        Contact();
        Interlocked.Increment(ref _lists);
        LogListed(client.Kind.Plural, kept.Count, version);
    }

    /// <returns>False when the watch ended at once and empty.</returns>
    private async Task<bool> WatchAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watches);
        var serverTimeout = options.MinWatch + ((options.MaxWatch - options.MinWatch) * Random.Shared.NextDouble());
        using var total = new CancellationTokenSource(serverTimeout + options.Grace, time);
        using var silence = new CancellationTokenSource(options.MaxSilence, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(total.Token, silence.Token, cancellationToken);
        var started = time.GetTimestamp();
        var received = false;
        try
        {
            await foreach (var change in client.WatchAsync(_resumeFrom!, serverTimeout, any.Token).ConfigureAwait(false))
            {
                received = true;
                Recovered();
                silence.CancelAfter(options.MaxSilence);
                Apply(change);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogWatchdog(client.Kind.Plural, time.GetElapsedTime(started).TotalSeconds);
        }

        return received || time.GetElapsedTime(started) >= options.ShortWatch;
    }

    private void Apply(ResourceEvent<TObject> change)
    {
        Interlocked.Increment(ref _events);
        Contact();
        if (change.Change != WatchChange.Bookmark)
        {
            var kept = change.Change == WatchChange.Upsert ? project(new(change.Key, change.ResourceVersion, change.Value!)) : null;
            if (kept is null) store.Remove(change.Key);
            else store.Upsert(change.Key, kept);
        }

        _resumeFrom = change.ResourceVersion;
    }

    private void Contact() => Interlocked.Exchange(ref _lastContact, Math.Max(1, time.GetTimestamp()));

    private void Failed(Exception error, int failures)
    {
        Interlocked.Increment(ref _failures);
        Interlocked.CompareExchange(ref _failingSince, Math.Max(1, time.GetTimestamp()), 0);
        LogAttemptFailed(client.Kind.Plural, failures, error.Message);
        if (_outage.Failed(error.Message)) LogFailed(client.Kind.Plural, error.Message);
    }

    private void Recovered()
    {
        Interlocked.Exchange(ref _failingSince, 0);
        if (_outage.Succeeded() is > 0 and var failures) LogRecovered(client.Kind.Plural, failures);
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Debug.Assert(cancellationToken.IsCancellationRequested, "Only the caller's token ends a pause.");
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Listed {Count} {Kind} at version {Version}")]
    private partial void LogListed(string kind, int count, string version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended the watch of {Kind} after {Seconds:0} s without a word from the server")]
    private partial void LogWatchdog(string kind, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot list or watch {Kind}, retrying: {Error}")]
    private partial void LogFailed(string kind, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Failed to list or watch {Kind}, {Failures} times in a row: {Error}")]
    private partial void LogAttemptFailed(string kind, int failures, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listing and watching {Kind} again after {Failures} failures")]
    private partial void LogRecovered(string kind, int failures);
}
