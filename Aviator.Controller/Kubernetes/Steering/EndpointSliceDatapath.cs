using System.Collections.Concurrent;
using System.Net;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Kubernetes.Steering;

/// <summary>Carries decisions out through EndpointSlices of its own, for any kube-proxy: an endpoint can be in or out.</summary>
/// <param name="cluster">What is seen.</param>
/// <param name="api">What is written.</param>
/// <param name="leadership">Whether writing is allowed.</param>
/// <param name="options">The protocol's waits.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per write and per change of phase.</param>
/// <param name="ofTwins">Whether it publishes under the twins of the Services that it is asked for, and not under these.</param>
internal sealed partial class EndpointSliceDatapath(
    ClusterView cluster, SliceApi api, ILeadership leadership, SteeringOptions options, TimeProvider time, ILogger<EndpointSliceDatapath> logger, bool ofTwins = false) : IDatapath
{
    /// <summary>How soon to look again after a write: its echo wakes the steering sooner, as a rule.</summary>
    private static readonly TimeSpan AfterWrite = TimeSpan.FromMilliseconds(500);

    /// <summary>How soon to look again after a write that changed nothing.</summary>
    private static readonly TimeSpan AfterVain = TimeSpan.FromSeconds(30);

    private readonly SteeringMachine _machine = new(options);
    private readonly Expectations _expectations = new(time);
    private readonly ConcurrentDictionary<ObjectKey, SteeringMemory> _memory = new();
    private readonly long _start = time.GetTimestamp();
    private volatile bool _hintsDropped;

    public Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken) => StepAsync(service, new SteeringGoal(Published(service)), cancellationToken);

    public Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken) =>
        StepAsync(service, new SteeringGoal(decision), cancellationToken);

    public Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken) => StepAsync(service, SteeringGoal.Release, cancellationToken);

    public void BeginTerm()
    {
        _memory.Clear();
        _expectations.Clear();
    }

    public Decision Published(ObjectKey service)
    {
        var view = See(service);
        return view.Service is null ? SliceRows.PlainMembership : PublishedSelection.Read(view.Service, view.Groups, view.Slices);
    }

    private async Task<DatapathState> StepAsync(ObjectKey key, SteeringGoal goal, CancellationToken cancellationToken)
    {
        var memory = _memory.GetValueOrDefault(key, SteeringMemory.None);
        if (!_expectations.AreMet(key, name => Seen(key, name)))
            return new(memory.Phase ?? SteeringPhase.Publishing, "waiting to see the last write", 0, AfterWrite);

        var view = Look(key);
        var step = _machine.Next(view, goal, memory, time.GetElapsedTime(_start), Random.Shared.NextDouble());
        if (step.Phase is SteeringPhase.Gone or SteeringPhase.Released) _memory.TryRemove(key, out _);
        else _memory[key] = step.Memory;
        if (step.Phase != memory.Phase) LogPhase(logger, Subject(key), step.Phase, step.Message);

        var (written, vain) = (0, (string?)null);
        try
        {
            foreach (var write in step.Writes)
            {
                if (!leadership.MayWrite) return new(step.Phase, "not the leader", written, null);
                if (await WriteAsync(key, write, cancellationToken).ConfigureAwait(false)) written++;
                else vain = write.Slice.Name;
            }

            // The other slices were written all the same: their pods must come and go.
            if (vain is not null) return new(step.Phase, $"the server keeps EndpointSlice {vain} other than it was written", written, AfterVain);
            if (step.Selector != SelectorChange.None && view.Service is { } service)
            {
                if (!leadership.MayWrite) return new(step.Phase, "not the leader", written, null);
                var version = await api.PatchSelectorAsync(service, step.Selector, cancellationToken).ConfigureAwait(false);
                _expectations.Expect(key, Subject(key), service.Uid, version);
                LogSelector(logger, Subject(key), step.Selector == SelectorChange.SetKey ? "Added" : "Removed", ServiceShape.SteeredKey);
                written++;
            }
        }
        catch (ApiException error) when (error.IsConflict || error.IsNotFound)
        {
            LogBehind(logger, key, error.Message);
            return new(step.Phase, "the cache was behind the server", written, AfterWrite);
        }
        catch (ApiException error) when (error.Status == HttpStatusCode.Forbidden && error.Message.Contains("being terminated", StringComparison.Ordinal))
        {
            // The namespace is on its way out: nothing can be created any more, and releasing must not wait for it.
            _memory[key] = step.Memory with { CannotCreate = true };
            return new(step.Phase, "the namespace is being deleted", written, AfterWrite);
        }

        return new(step.Phase, step.Message, written, written > 0 ? AfterWrite : step.LookAgainAfter);
    }

    /// <summary>What the slices name: the Service that is asked for, or its twin.</summary>
    private ObjectKey Subject(ObjectKey key) => ofTwins ? new(key.Namespace, TwinNames.Of(key.Name)) : key;

    private SteeringView See(ObjectKey key) => ofTwins ? cluster.LookAtTwin(key) : cluster.Look(key);

    private SteeringView Look(ObjectKey key)
    {
        var view = See(key);
        return _hintsDropped && view.Service is { } service ? view with { Service = service with { Topology = TopologyMode.None } } : view;
    }

    /// <returns>False when the server took the write and changed nothing: it drops a field that is wanted.</returns>
    private async Task<bool> WriteAsync(ObjectKey service, SliceWrite write, CancellationToken cancellationToken)
    {
        var name = new ObjectKey(write.Slice.Namespace, write.Slice.Name);
        var kept = await api.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        _expectations.Expect(service, name, write.Slice.Uid, kept?.ResourceVersion);

        // Servers before 1.23 drop hints, by default; wanting them all the same would be a write without end.
        if (kept is not null && write.Slice.Endpoints.Any(row => row.HintZones.Count > 0) && !kept.Endpoints.Any(row => row.HintZones.Count > 0)) _hintsDropped = true;
        LogWrote(logger, write.Action, name, write.Slice.Endpoints.Count(row => row.Ready), write.Slice.Endpoints.Count);
        return kept?.ResourceVersion != write.Slice.ResourceVersion;
    }

    private (string Uid, string Version)? Seen(ObjectKey service, ObjectKey name) => name == Subject(service)
        ? cluster.Services.Find(name) is { } found ? (found.Uid, found.ResourceVersion) : null
        : cluster.Slices.Find(name) is { } slice ? (slice.Uid, slice.ResourceVersion) : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "Steering of Service {Service} came to {Phase}: {Reason}")]
    private static partial void LogPhase(ILogger logger, ObjectKey service, SteeringPhase phase, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Wrote EndpointSlice {Slice} ({Action}): {Ready} of {Total} endpoints ready")]
    private static partial void LogWrote(ILogger logger, SliceAction action, ObjectKey slice, int ready, int total);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Change} selector key {Key} of Service {Service}")]
    private static partial void LogSelector(ILogger logger, ObjectKey service, string change, string key);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another writer was first for Service {Service}: {Error}")]
    private static partial void LogBehind(ILogger logger, ObjectKey service, string error);
}
