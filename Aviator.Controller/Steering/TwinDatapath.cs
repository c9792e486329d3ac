using System.Collections.Concurrent;
using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>
/// Carries decisions out under a twin of the Service, which itself is left alone. The slices are published first and the twin is made when
/// they are seen, so a client that finds the twin finds endpoints behind it. Handing back gives the twin the Service's own selector, so
/// that Kubernetes fills its slices and its clients lose nothing, whether Aviator comes back or not; only <see cref="RemoveAsync"/> takes
/// the twin away.
/// </summary>
/// <param name="cluster">What is seen.</param>
/// <param name="slices">Publishes under twins.</param>
/// <param name="sliceApi">Deletes the slices of a twin that is gone.</param>
/// <param name="api">Writes twins.</param>
/// <param name="leadership">Whether writing is allowed.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per write.</param>
internal sealed partial class TwinDatapath(
    ClusterView cluster, EndpointSliceDatapath slices, SliceApi sliceApi, TwinApi api, ILeadership leadership, TimeProvider time,
    ILogger<TwinDatapath> logger) : IDatapath
{
    /// <summary>How soon to look again after a write: usually its echo wakes the steering sooner.</summary>
    private static readonly TimeSpan AfterWrite = TimeSpan.FromMilliseconds(500);

    /// <summary>How soon to look again at what others have to finish.</summary>
    private static readonly TimeSpan WhileWaiting = TimeSpan.FromSeconds(30);

    private readonly Expectations _expectations = new(time);
    private readonly ConcurrentDictionary<ObjectKey, (ServiceShape Source, ServiceShape Twin)> _ignored = new();

    public Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken) =>
        ApplyAsync(service, Published(service), cancellationToken);

    public void BeginTerm()
    {
        _expectations.Clear();
        _ignored.Clear();
        slices.BeginTerm();
    }

    public Decision Published(ObjectKey service) => slices.Published(service);

    public Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken) =>
        StepAsync(service, () => KeepAsync(service, decision, cancellationToken));

    public Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken) =>
        StepAsync(service, () => HandBackAsync(service, cancellationToken));

    /// <summary>Continues to remove the twin and its slices; done when the phase is Gone.</summary>
    /// <exception cref="ApiException">The server refused for a reason that trying again at once will not fix.</exception>
    public Task<DatapathState> RemoveAsync(ObjectKey service, CancellationToken cancellationToken) =>
        StepAsync(service, () => TakeAwayAsync(service, cancellationToken));

    /// <summary>Whether there is a twin, or anything that was made for one.</summary>
    public bool IsThere(ObjectKey service) => cluster.TwinOf(service) is not null || SlicesOf(service).Any();

    /// <summary>Whether the twin's clients still depend on Aviator: its slices are Aviator's, not those of Kubernetes.</summary>
    public bool IsHeld(ObjectKey service) =>
        SlicesOf(service).Any() || (cluster.TwinOf(service) is { } twin && !TwinPlan.IsHandedBack(twin));

    private async Task<DatapathState> StepAsync(ObjectKey key, Func<Task<DatapathState>> step)
    {
        var name = Name(key);
        DatapathState state;
        try
        {
            state = _expectations.AreMet(key, Seen)
                ? await step()
                : new(SteeringPhase.Publishing, "waiting to see the last write", 0, AfterWrite);
        }
        catch (ApiException error) when (error.IsConflict || error.IsNotFound)
        {
            LogBehind(name, error.Message);
            state = new(SteeringPhase.Publishing, "the cache was behind the server", 0, AfterWrite);
        }
        catch (ApiException error) when (error.IsNamespaceTerminating)
        {
            state = new(SteeringPhase.Gone, "the namespace is being deleted", 0, null);
        }

        return state with { Twin = name.Name };
    }

    private async Task<DatapathState> KeepAsync(ObjectKey key, Decision decision, CancellationToken cancellationToken)
    {
        if (cluster.Services.Find(key) is not { } source) return await TakeAwayAsync(key, cancellationToken);
        var found = cluster.Services.Find(Name(key));
        var action = TwinPlan.Of(source, found);
        if (action == TwinAction.Refuse) return new(SteeringPhase.Publishing, $"Service {found!.Name} was not made by Aviator", 0, null);
        if (action == TwinAction.Replace)
            return await DeleteAsync(key, found!, "deleting the twin of an earlier Service", cancellationToken);

        var state = await slices.ApplyAsync(key, decision, cancellationToken);
        if (source.Deleting) return state;
        return action switch
        {
            TwinAction.Create when state is { Phase: SteeringPhase.Steered, Writes: 0, LookAgainAfter: null } =>
                await CreateAsync(key, source, cancellationToken),
            TwinAction.Create => state with
            {
                Phase = state.Phase == SteeringPhase.Steered ? SteeringPhase.Publishing : state.Phase,
                Message = "publishing the twin's slices",
            },
            TwinAction.Align when state.Writes == 0 => await AlignAsync(key, source, found!, state, cancellationToken),
            _ => state,
        };
    }

    private async Task<DatapathState> HandBackAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        // Without its Service, or its Service's pods behind it, a twin has no use.
        if (cluster.Services.Find(key) is not { } source || cluster.TwinOf(key) is not { } twin || twin.OwnedBy != source.Uid)
            return await TakeAwayAsync(key, cancellationToken);
        var state = await slices.ReleaseAsync(key, cancellationToken);
        return state.Writes == 0 && !source.Deleting && TwinPlan.Of(source, twin) == TwinAction.Align
            ? await AlignAsync(key, source, twin, state, cancellationToken)
            : state;
    }

    private async Task<DatapathState> TakeAwayAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (cluster.TwinOf(key) is { } twin)
            return twin.Deleting ? new(SteeringPhase.Holding, "waiting for the twin to go", 0, WhileWaiting)
                : await DeleteAsync(key, twin, "deleting the twin", cancellationToken);

        var written = 0;
        foreach (var slice in SlicesOf(key).Where(slice => !slice.Deleting))
        {
            if (!leadership.MayWrite) return new(SteeringPhase.Holding, "not the leader", written, null);
            await sliceApi.WriteAsync(new(SliceAction.Delete, slice), cancellationToken);
            _expectations.Expect(key, new(slice.Namespace, slice.Name), slice.Uid, null);
            written++;
        }

        return written > 0
            ? new(SteeringPhase.Holding, "deleting the twin's slices", written, AfterWrite)
            : new(SteeringPhase.Gone, "there is no twin", 0, null);
    }

    private async Task<DatapathState> CreateAsync(ObjectKey key, ServiceShape source, CancellationToken cancellationToken)
    {
        if (!leadership.MayWrite) return new(SteeringPhase.Publishing, "not the leader", 0, null);
        var (uid, version) = await api.CreateAsync(source, cancellationToken);
        _expectations.Expect(key, Name(key), uid, version);
        LogWrote("Created", Name(key), key);
        return new(SteeringPhase.Publishing, "creating the twin", 1, AfterWrite);
    }

    private async Task<DatapathState> AlignAsync(
        ObjectKey key, ServiceShape source, ServiceShape twin, DatapathState state, CancellationToken cancellationToken)
    {
        if (!leadership.MayWrite) return state with { Message = "not the leader" };
        if (_ignored.TryGetValue(key, out var tried) && tried == (source, twin)) return state;
        var (uid, version) = await api.AlignAsync(source, twin, cancellationToken);
        if (version == twin.ResourceVersion)
        {
            // The server accepts the write and changes nothing: to send it again would be a write without end.
            _ignored[key] = (source, twin);
            LogIgnored(Name(key), key);
            return state;
        }

        _ignored.TryRemove(key, out _);
        _expectations.Expect(key, Name(key), uid, version);
        LogWrote("Changed", Name(key), key);
        return state with { Writes = state.Writes + 1, LookAgainAfter = AfterWrite };
    }

    private async Task<DatapathState> DeleteAsync(ObjectKey key, ServiceShape twin, string message, CancellationToken cancellationToken)
    {
        if (!leadership.MayWrite) return new(SteeringPhase.Holding, "not the leader", 0, null);
        await api.DeleteAsync(twin, cancellationToken);
        _expectations.Expect(key, Name(key), twin.Uid, null);
        LogWrote("Deleted", Name(key), key);
        return new(SteeringPhase.Holding, message, 1, AfterWrite);
    }

    private IEnumerable<Slice> SlicesOf(ObjectKey key) =>
        cluster.SlicesOf(key with { Name = TwinNames.ForService(key.Name) }).Where(slice => slice.IsOfTwin);

    /// <summary>Names of slices and of the twin differ: a slice's has a suffix.</summary>
    private (string Uid, string Version)? Seen(ObjectKey name)
    {
        if (cluster.Slices.Find(name) is { } slice) return (slice.Uid, slice.ResourceVersion);
        return cluster.Services.Find(name) is { } found ? (found.Uid, found.ResourceVersion) : null;
    }

    private static ObjectKey Name(ObjectKey service) => new(service.Namespace, TwinNames.ForService(service.Name));

    [LoggerMessage(Level = LogLevel.Information, Message = "{Change} Service {Twin}, the twin of {Service}")]
    private partial void LogWrote(string change, ObjectKey twin, ObjectKey service);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The API server accepted the update of twin {Twin} but did not store it; it still differs from {Service}")]
    private partial void LogIgnored(ObjectKey twin, ObjectKey service);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another writer was first for Service {Twin}: {Error}")]
    private partial void LogBehind(ObjectKey twin, string error);
}
