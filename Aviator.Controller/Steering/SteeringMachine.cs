using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>What is to become of a Service: steered by a decision, or (null) released.</summary>
internal sealed record SteeringGoal(Decision? Decision)
{
    public static SteeringGoal Release { get; } = new((Decision?)null);
}

/// <summary>What is seen of a Service at one moment.</summary>
/// <param name="Service">The Service; null when it is gone.</param>
/// <param name="Subsets">Its membership.</param>
/// <param name="Slices">All slices that name it.</param>
/// <param name="TakenNames">Names of all slices of its namespace.</param>
internal sealed record SteeringView(
    ServiceShape? Service, IReadOnlyList<EndpointSubset> Subsets, IReadOnlyList<Slice> Slices, IEnumerable<string> TakenNames);

/// <summary>What is remembered between two looks. It only paces: losing it makes a wait start over and never a step be skipped.</summary>
/// <param name="ServiceUid">The Service that it is about; another one of the same name starts without a memory.</param>
/// <param name="KeySeen">The key was seen in place since it was last found missing.</param>
/// <param name="Contests">How often it was found missing in a row.</param>
/// <param name="RetryAt">Not before this is a contested Service steered again.</param>
/// <param name="PhaseSince">When the present wait began.</param>
/// <param name="Phase">The phase at the last look.</param>
/// <param name="CannotCreate">The server refuses new objects, because the namespace is being deleted.</param>
internal sealed record SteeringMemory(
    string ServiceUid, bool KeySeen, int Contests, TimeSpan RetryAt, TimeSpan PhaseSince, SteeringPhase? Phase, bool CannotCreate)
{
    public static SteeringMemory None { get; } = new("", false, 0, TimeSpan.Zero, TimeSpan.Zero, null, false);

    /// <summary>The server's last refusal of a write; null after one that it took.</summary>
    public WriteDenial? Denial { get; init; }
}

/// <summary>A change of the Service's selector.</summary>
internal enum SelectorChange
{
    None,
    SetKey,
    ClearKey,
}

/// <summary>What to do now. Slices first; the selector changes only in a step that has no slice to write.</summary>
internal sealed record SteeringStep(
    SteeringPhase Phase,
    string Message,
    IReadOnlyList<SliceWrite> Writes,
    SelectorChange Selector,
    TimeSpan? LookAgainAfter,
    SteeringMemory Memory);

/// <summary>
/// The protocol of taking a Service over and handing it back, as a pure function from what is seen to the one next step. Each step waits
/// until the step before is seen in the cache, so the order holds across crashes, restarts and changes of leader.
/// </summary>
/// <param name="options">The waits.</param>
internal sealed class SteeringMachine(SteeringOptions options)
{
    /// <param name="view">What is seen.</param>
    /// <param name="goal">What is wanted.</param>
    /// <param name="memory">What the last step remembered.</param>
    /// <param name="now">A monotonic time.</param>
    /// <param name="jitter">0 to 1, for the pauses after a contest.</param>
    public SteeringStep Next(SteeringView view, SteeringGoal goal, SteeringMemory memory, TimeSpan now, double jitter)
    {
        if (view.Service is not { } service)
            return new(SteeringPhase.Gone, "the Service does not exist", [], SelectorChange.None, null, SteeringMemory.None);
        if (service.Deleting) return Follow(view, service, goal);

        // Deleted and created again between two looks: the new one has no key because it is new; no other writer took it away.
        if (memory.ServiceUid != service.Uid) memory = SteeringMemory.None with { ServiceUid = service.Uid };
        var step = (goal.Decision, service.IsKeyed) switch
        {
            // What its slices say cannot be kept true: Kubernetes' own have to carry the traffic.
            (not null, true) when IsStuck(service, memory, now) => Unselect(view, service, memory),
            (not null, false) when memory.Denial is { } denial && now < denial.RetryAt => Wait(view, service, memory, denial, now),
            ({ } decision, true) => Keep(view, service, decision, memory, now),
            (not null, false) => TakeOver(view, service, memory, now, jitter),
            (null, true) => Unselect(view, service, memory),
            (null, false) => HandBack(view, service, memory, now),
        };
        var since = step.Phase == memory.Phase ? memory.PhaseSince : now;
        return step with { Memory = step.Memory with { Phase = step.Phase, PhaseSince = since } };
    }

    /// <summary>
    /// Whether writes of its slices have been refused for so long that it is no passing trouble of the server. A twin that does not exist
    /// yet has no clients.
    /// </summary>
    private bool IsStuck(ServiceShape service, SteeringMemory memory, TimeSpan now) =>
        service.Uid.Length > 0 && memory.Denial is { OfSlices: true, Count: > 2 } denial && now - denial.Since > options.Patience;

    /// <summary>A take-over was refused: what was published for it goes again, in the way of a release, until the next attempt.</summary>
    private SteeringStep Wait(SteeringView view, ServiceShape service, SteeringMemory memory, WriteDenial denial, TimeSpan now)
    {
        var step = HandBack(view, service, memory, now);
        return step with
        {
            LookAgainAfter = Delays.Sooner(step.LookAgainAfter, denial.RetryAt - now),
            Memory = step.Memory with { Denial = denial },
        };
    }

    /// <summary>
    /// The Service is being deleted, which may take long (a load balancer's finalizer): dead pods still leave, but nothing new is made for
    /// the collector to remove.
    /// </summary>
    private static SteeringStep Follow(SteeringView view, ServiceShape service, SteeringGoal goal) => new(
        SteeringPhase.Gone,
        "the Service is being deleted",
        [.. SlicePlanner.Plan(service, view.Subsets, goal.Decision ?? SliceRows.PlainMembership, view.Slices, view.TakenNames)
            .Where(write => write.Action == SliceAction.Update)],
        SelectorChange.None,
        null,
        SteeringMemory.None);

    /// <summary>
    /// No key: publish plain membership, and only when that is seen set the key. The same after a contest, after a pause.
    /// </summary>
    private SteeringStep TakeOver(SteeringView view, ServiceShape service, SteeringMemory memory, TimeSpan now, double jitter)
    {
        if (memory.KeySeen)
        {
            var doubled = options.FirstContestPause.TotalSeconds * Math.Pow(2, memory.Contests);
            var pause = TimeSpan.FromSeconds(Math.Min(doubled, options.MaxContestPause.TotalSeconds) * (1 + (jitter / 4)));
            memory = memory with { KeySeen = false, Contests = Math.Min(memory.Contests + 1, 30), RetryAt = now + pause };
        }

        var contested = memory.Contests > 0;
        var phase = contested ? SteeringPhase.Contested : SteeringPhase.Publishing;
        var writes = Plain(view, service);
        var wait = memory.RetryAt - now;
        if (contested && wait > TimeSpan.Zero)
        {
            var message = $"another writer removed {AviatorNames.SteeredKey} from the selector ({memory.Contests} times in a row); " +
                $"all ready pods take part; next attempt in {wait.TotalSeconds:0} s";
            return new(phase, message, writes, SelectorChange.None, wait, memory);
        }

        return writes.Count > 0
            ? new(phase, "publishing own slices with every ready pod", writes, SelectorChange.None, options.Poll, memory)
            : new(phase, $"adding {AviatorNames.SteeredKey} to the selector", [], SelectorChange.SetKey, options.Poll, memory);
    }

    /// <summary>The key is set: plain membership until the default slices are seen empty, then the decision.</summary>
    private SteeringStep Keep(SteeringView view, ServiceShape service, Decision decision, SteeringMemory memory, TimeSpan now)
    {
        memory = memory with { KeySeen = true };
        var others = Others(view).Where(slice => slice.Endpoints.Count > 0).Select(slice => $"{slice.Name} ({slice.ManagedBy})").ToList();
        if (others.Count > 0)
        {
            var late = memory.Phase == SteeringPhase.Emptying && now - memory.PhaseSince > options.Patience;
            var message = $"waiting for {string.Join(", ", others)} to be emptied{(late ? "; its controller seems not to work" : "")}";
            return new(SteeringPhase.Emptying, message, Plain(view, service), SelectorChange.None, options.Poll, memory);
        }

        // Undisturbed for as long as the last pause was: the contest is over.
        var quiet = memory.Phase == SteeringPhase.Steered && now - memory.PhaseSince > options.MaxContestPause;
        if (quiet) memory = memory with { Contests = 0 };
        var writes = SlicePlanner.Plan(service, view.Subsets, decision, view.Slices, view.TakenNames);
        return new(SteeringPhase.Steered, "own slices carry the traffic", writes, SelectorChange.None, null, memory);
    }

    /// <summary>Handing back, the key is still set: everyone in, and only when that is seen take the key away.</summary>
    private SteeringStep Unselect(SteeringView view, ServiceShape service, SteeringMemory memory)
    {
        var writes = Possible(memory, Plain(view, service));
        if (writes.Count > 0)
            return new(SteeringPhase.Unselecting, "admitting every ready pod", writes, SelectorChange.None, options.Poll, Forget(memory));
        var message = $"removing {AviatorNames.SteeredKey} from the selector";
        return new(SteeringPhase.Unselecting, message, [], SelectorChange.ClearKey, options.Poll, Forget(memory));
    }

    /// <summary>Handing back, the key is gone: own slices go only after the default ones were seen full for long enough.</summary>
    private SteeringStep HandBack(SteeringView view, ServiceShape service, SteeringMemory memory, TimeSpan now)
    {
        memory = Forget(memory);
        var own = view.Slices.Where(slice => slice.IsOwn && !slice.Deleting).ToList();
        if (own.Count == 0)
            return new(SteeringPhase.Released, "the default slices carry the traffic", [], SelectorChange.None, null, memory);

        var missing = Missing(view);
        if (missing > 0)
        {
            var writes = Possible(memory, Plain(view, service));
            var late = memory.Phase == SteeringPhase.Refilling && now - memory.PhaseSince > options.Patience;
            var message =
                $"waiting for the default slices to hold {missing} more ready pods{(late ? "; their controller seems not to work" : "")}";
            return new(SteeringPhase.Refilling, message, writes, SelectorChange.None, options.Poll, memory);
        }

        var held = memory.Phase == SteeringPhase.Holding ? now - memory.PhaseSince : TimeSpan.Zero;
        if (held < options.HoldAfterRelease && view.Subsets.Any(subset => subset.Endpoints.Any(endpoint => endpoint.Ready)))
        {
            const string message = "the default slices are full; own slices stay until every kube-proxy has seen them";
            var writes = Possible(memory, Plain(view, service).Where(write => write.Action != SliceAction.Create));
            return new(SteeringPhase.Holding, message, writes, SelectorChange.None, options.HoldAfterRelease - held, memory);
        }

        var deletes = own.Select(slice => new SliceWrite(SliceAction.Delete, slice)).ToList();
        return new(SteeringPhase.Holding, "deleting own slices", deletes, SelectorChange.None, options.Poll, memory);
    }

    private static SteeringMemory Forget(SteeringMemory memory) => memory with { KeySeen = false, Contests = 0, RetryAt = TimeSpan.Zero };

    /// <summary>Handing back must not wait for a write that the server refuses.</summary>
    private static IReadOnlyList<SliceWrite> Possible(SteeringMemory memory, IEnumerable<SliceWrite> writes) =>
        [.. writes.Where(write => write.Action == SliceAction.Delete
            || (memory.Denial is not { OfSlices: true } && !(memory.CannotCreate && write.Action == SliceAction.Create)))];

    private static IReadOnlyList<SliceWrite> Plain(SteeringView view, ServiceShape service) =>
        SlicePlanner.Plan(service, view.Subsets, SliceRows.PlainMembership, view.Slices, view.TakenNames);

    private static IEnumerable<Slice> Others(SteeringView view) => view.Slices.Where(slice => !slice.IsOwn && !slice.Deleting);

    /// <summary>Ready pods (counted once for each family) that no other slice holds as ready.</summary>
    private static int Missing(SteeringView view)
    {
        var held = Others(view)
            .SelectMany(slice => slice.Endpoints.Where(row => row.Ready).Select(row => (slice.Family, row.PodUid)))
            .ToHashSet();
        return view.Subsets
            .SelectMany(subset => subset.Endpoints
                .Where(endpoint => endpoint.Ready)
                .Select(endpoint => (subset.Family, (string?)endpoint.Key)))
            .Distinct().Count(pod => !held.Contains(pod));
    }
}
