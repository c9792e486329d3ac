using Aviator.Agent.Bpf;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Steering.Closing;

/// <summary>
/// Has idle connections closed to endpoints that are out of use or crowded, where the order asks for it. What is closed a client takes for
/// an idle connection that its server has closed. The kernel is followed only while there is such an endpoint. Each pass has a task of its
/// own, because beats must not wait for it. One caller at a time.
/// </summary>
/// <param name="time">The clock of pauses.</param>
/// <param name="logger">Takes faults.</param>
/// <param name="cost">The clock by which a look's length is taken; null: the thread's CPU time.</param>
internal sealed partial class IdleCloser(TimeProvider time, ILogger logger, TimeProvider? cost = null)
{
    /// <summary>From one pass to the next.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Crowding _crowding = new(time);
    private readonly Dictionary<ObjectKey, long> _counts = [];
    private readonly Outage _outage = new();
    private ClosingPass _pass = new(time, cost ?? ThreadClock.Instance);
    private IIdleConnections? _connections;
    private Task<ClosingResult>? _underWay;
    private long _pausingSince;
    private TimeSpan _pause;

    /// <summary>Why nothing is closed although the order asks for it, in a sentence; null when nothing is wrong.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Connections closed since the agent started, over all Services.</summary>
    public long Closed { get; private set; }

    /// <summary>Whether no pass is under way.</summary>
    internal bool IsAtRest => _underWay is null or { IsCompleted: true };

    /// <summary>Connections to a Service closed since the agent started.</summary>
    public long ClosedOf(ObjectKey service) => _counts.GetValueOrDefault(service);

    /// <summary>Takes in a pass that has ended, and begins the next one when it is due.</summary>
    /// <param name="table">The table whose hooks gave the connections.</param>
    /// <param name="order">The order in force.</param>
    public void Turn(IConnectTable table, AcceptedOrder order)
    {
        if (_underWay is { IsCompleted: false }) return;
        TakeIn();
        if (time.GetElapsedTime(_pausingSince) < _pause) return;
        var crowded = order.Services.Any(service => service.Rebalance) ? _crowding.Of(order, table.ReadOpen()) : [];
        var plan = ClosingPlan.Of(order, crowded);
        if (plan.Endpoints.Count == 0)
        {
            Release();
            _pass.ForgetWhoIsBusy();
            if (!order.Services.Any(service => service.CloseIdle || service.Rebalance)) Refusal = null;
            return;
        }

        if (!TryFollow(table)) return;
        var connections = _connections!;
        _underWay = Task.Run(() => _pass.RunAsync(connections, plan));
    }

    /// <summary>Follows no connection any more; a pass under way is waited for.</summary>
    public async Task EndAsync()
    {
        if (_underWay is { } last) await Task.WhenAny(last, Task.Delay(Longest, time));
        TakeIn();
        if (_underWay is { } late) Abandon(late);
        Release();
        Refusal = null;
    }

    private void TakeIn()
    {
        if (_underWay is not { IsCompleted: true } ended) return;
        _underWay = null;
        if (ended.IsFaulted)
        {
            Failed(ended.Exception.GetBaseException());
            Release();
            return;
        }

        if (_outage.Succeeded() > 0) LogRecovered();
        Refusal = _connections?.Impairment;
        foreach (var owner in ended.Result.Owners) _counts[owner] = ClosedOf(owner) + 1;
        Closed += ended.Result.Owners.Count;
        Bound();
        // Counted from the pass's end, which was before this beat, and short enough for the next one; by chance, so that not all nodes look
        // at the same moment.
        var pause = (Pace - (ClosingPass.BetweenLooks * (ClosingPass.Looks - 1))) * (0.5 + (Random.Shared.NextDouble() / 4));
        (_pausingSince, _pause) = (ended.Result.EndedAt, ended.Result.Rest > pause ? ended.Result.Rest : pause);
    }

    private bool TryFollow(IConnectTable table)
    {
        if (_connections is not null) return true;
        try
        {
            _connections = table.FollowConnections();
            return true;
        }
        catch (BpfUnavailableException refused)
        {
            Failed(refused);
            return false;
        }
    }

    private void Failed(Exception fault)
    {
        if (_outage.Failed(fault.Message)) LogRefused(fault.Message);
        Refusal = fault.Message;
        Pause(Retries.Pause(_outage.Failures, Random.Shared));
    }

    private void Pause(TimeSpan pause) => (_pausingSince, _pause) = (time.GetTimestamp(), pause);

    /// <summary>What a pass uses may not go while it lasts.</summary>
    private void Abandon(Task pass)
    {
        var connections = _connections;
        _ = pass.ContinueWith(_ => connections?.Dispose(), TaskScheduler.Default);
        (_underWay, _connections, _pass) = (null, null, new(time, cost ?? ThreadClock.Instance));
    }

    private void Release()
    {
        _connections?.Dispose();
        _connections = null;
    }

    /// <summary>Services that are ordered no more are kept, for they may come back, but not without an end.</summary>
    private void Bound()
    {
        if (_counts.Count > 2 * SteeringLimits.Services) _counts.Clear();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot close idle connections, retrying: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Idle connections are closed again")]
    private partial void LogRecovered();
}
