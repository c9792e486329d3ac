using System.Collections.Concurrent;
using Aviator.Controller.Leadership;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>Carries decisions out through its own EndpointSlices, for any kube-proxy: an endpoint can be in or out.</summary>
/// <param name="target">What the slices are published under.</param>
/// <param name="api">What is written.</param>
/// <param name="leadership">Whether writing is allowed.</param>
/// <param name="options">The protocol's waits.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per write and per change of phase.</param>
internal sealed partial class EndpointSliceDatapath(
    SliceTarget target, SliceApi api, ILeadership leadership, SteeringOptions options, TimeProvider time,
    ILogger<EndpointSliceDatapath> logger) : IDatapath
{
    /// <summary>How soon to look again after a write; usually its echo wakes the steering sooner.</summary>
    private static readonly TimeSpan AfterWrite = TimeSpan.FromMilliseconds(500);

    /// <summary>How soon to look again after a write that the server accepted without storing it.</summary>
    private static readonly TimeSpan AfterIgnoredWrite = TimeSpan.FromSeconds(30);

    private readonly SteeringMachine _machine = new(options);
    private readonly Expectations _expectations = new(time);
    private readonly ConcurrentDictionary<ObjectKey, SteeringMemory> _memory = new();
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<ObjectKey, bool> _labelsLeft = new();
    private volatile bool _zoneHintsDropped;
    private volatile bool _nodeHintsDropped;

    public Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken) =>
        StepAsync(service, new SteeringGoal(Published(service)), cancellationToken);

    public Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken) =>
        StepAsync(service, new SteeringGoal(decision), cancellationToken);

    public Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken) =>
        StepAsync(service, SteeringGoal.Release, cancellationToken);

    public void BeginTerm()
    {
        _memory.Clear();
        _expectations.Clear();
        _labelsLeft.Clear();
    }

    public Decision Published(ObjectKey service)
    {
        var view = target.Look(service);
        return view.Service is null ? SliceRows.PlainMembership : PublishedSelection.Read(view.Service, view.Subsets, view.Slices);
    }

    private async Task<DatapathState> StepAsync(ObjectKey key, SteeringGoal goal, CancellationToken cancellationToken)
    {
        var memory = _memory.GetValueOrDefault(key, SteeringMemory.None);
        if (!_expectations.AreMet(key, name => target.Seen(key, name)))
            return new(memory.Phase ?? SteeringPhase.Publishing, "waiting to see the last write", 0, AfterWrite);

        var view = Look(key);
        var step = _machine.Next(view, goal, memory, time.GetElapsedTime(_start), Random.Shared.NextDouble());
        var isOver = step.Phase == SteeringPhase.Gone
            || (step.Phase == SteeringPhase.Released && (goal.Decision is null || step.Memory.Denial is null));
        if (isOver) _memory.TryRemove(key, out _);
        else _memory[key] = step.Memory;
        if (step.Phase != memory.Phase) LogPhase(target.NameOf(key), step.Phase, step.Message);

        var (written, ignored, ofSlices) = (0, (string?)null, true);
        try
        {
            foreach (var write in step.Writes)
            {
                if (!leadership.MayWrite) return new(step.Phase, "not the leader", written, null);
                if (await WriteAsync(key, write, cancellationToken)) written++;
                else ignored = write.Slice.Name;
            }

            // The other slices were written all the same: their pods must come and go.
            if (ignored is not null) return new(step.Phase, ExplainIgnored(ignored), written, AfterIgnoredWrite);
            if (step.Selector != SelectorChange.None && view.Service is { } service)
            {
                if (!leadership.MayWrite) return new(step.Phase, "not the leader", written, null);
                ofSlices = false;
                await PatchSelectorAsync(key, service, step.Selector, cancellationToken);
                written++;
            }
        }
        catch (ApiException error) when (error.IsConflict || error.IsNotFound)
        {
            LogBehind(key, error.Message);
            return new(step.Phase, "the cache was behind the server", written, AfterWrite);
        }
        catch (ApiException error) when (error.IsNamespaceTerminating)
        {
            // The namespace is being deleted: nothing can be created any more, and handing back must not wait for it.
            _memory[key] = step.Memory with { CannotCreate = true };
            return new(step.Phase, "the namespace is being deleted", written, AfterWrite);
        }
        catch (ApiException error) when (error.IsRefusal)
        {
            var denial = WriteDenial.After(
                step.Memory.Denial, error.Message, ofSlices, time.GetElapsedTime(_start), options.DenialPauses);
            _memory[key] = step.Memory with { Denial = denial };
            throw;
        }

        // With the key in place nothing is left that could be refused. A release that goes on is not held up by what was refused.
        var isTakenOver = step.Phase is SteeringPhase.Steered or SteeringPhase.Emptying;
        if (isTakenOver && step.Memory.Denial is not null) _memory[key] = step.Memory with { Denial = null };
        return new(step.Phase, step.Message, written, written > 0 ? AfterWrite : step.LookAgainAfter)
        {
            Denial = isTakenOver || goal.Decision is null ? null : step.Memory.Denial?.Sentence,
        };
    }

    private SteeringView Look(ObjectKey key)
    {
        var view = target.Look(key);
        return view.Service is { } service ? view with { Service = Storable(key, service) } : view;
    }

    /// <summary>The Service without what the server does not store: to want it all the same would be a write without end.</summary>
    private ServiceShape Storable(ObjectKey key, ServiceShape service)
    {
        if (_labelsLeft.ContainsKey(key)) service = service with { LeavesSliceLabels = true };
        if (_nodeHintsDropped && service.Topology == TopologyMode.Node) service = service with { Topology = TopologyMode.Zone };
        return _zoneHintsDropped ? service with { Topology = TopologyMode.None } : service;
    }

    /// <returns>False when the server accepted the write and changed nothing: it drops a field that is wanted.</returns>
    private async Task<bool> WriteAsync(ObjectKey service, SliceWrite write, CancellationToken cancellationToken)
    {
        var name = new ObjectKey(write.Slice.Namespace, write.Slice.Name);
        var kept = await api.WriteAsync(write, cancellationToken);
        _expectations.Expect(service, name, write.Slice.Uid, kept?.ResourceVersion);

        if (kept is not null) LearnFrom(write.Slice, kept, service);
        LogWrote(write.Action, name, write.Slice.Endpoints.Count(row => row.Ready), write.Slice.Endpoints.Count);
        return kept?.ResourceVersion != write.Slice.ResourceVersion;
    }

    private async Task PatchSelectorAsync(ObjectKey key, ServiceShape service, SelectorChange change, CancellationToken cancellationToken)
    {
        var version = await api.PatchSelectorAsync(service, change, cancellationToken);
        _expectations.Expect(key, target.NameOf(key), service.Uid, version);
        LogSelector(change == SelectorChange.SetKey ? "Added" : "Removed", AviatorNames.SteeredKey, target.NameOf(key));
    }

    /// <summary>
    /// Servers before 1.23 drop hints, by default, and those before 1.34 hints for nodes; a rule of admission may write labels.
    /// </summary>
    private void LearnFrom(Slice written, Slice kept, ObjectKey service)
    {
        if (IsDropped(row => row.HintZones)) _zoneHintsDropped = true;
        if (IsDropped(row => row.HintNodes)) _nodeHintsDropped = true;
        if (!kept.Labels.Equals(written.Labels)) _labelsLeft[service] = true;

        bool IsDropped(Func<SliceEndpoint, ValueList<string>> hints) =>
            written.Endpoints.Any(row => hints(row).Count > 0) && !kept.Endpoints.Any(row => hints(row).Count > 0);
    }

    private static string ExplainIgnored(string slice) =>
        $"the API server accepted EndpointSlice {slice} but stored something else; retrying in {AfterIgnoredWrite.TotalSeconds:0} s";

    [LoggerMessage(Level = LogLevel.Information, Message = "Steering of Service {Service} entered phase {Phase}: {Reason}")]
    private partial void LogPhase(ObjectKey service, SteeringPhase phase, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Wrote EndpointSlice {Slice} ({Action}): {Ready} of {Total} endpoints ready")]
    private partial void LogWrote(SliceAction action, ObjectKey slice, int ready, int total);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Change} selector key {Key} of Service {Service}")]
    private partial void LogSelector(string change, string key, ObjectKey service);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another writer was first for Service {Service}: {Error}")]
    private partial void LogBehind(ObjectKey service, string error);
}
