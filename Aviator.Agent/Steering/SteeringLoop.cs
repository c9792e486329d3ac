using Aviator.Agent.Interest;
using Aviator.Agent.Steering.Closing;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Steering;

/// <summary>
/// Carries the last order out: gives the table what it names and Kubernetes shows as ready, and tells the hooks how old the order is. An
/// order that is not repeated fails open by its age. One that names nothing, or has not been repeated for long, leaves nothing in the
/// kernel.
/// </summary>
internal sealed partial class SteeringLoop(
    OrderBoard board, InterestBoard interest, ReadinessFollower readiness, HeldTable table, SteeringStatus status, AgentOptions options,
    AgentMetrics metrics, TimeProvider time, ILogger<SteeringLoop> logger) : BackgroundService
{
    /// <summary>From one beat to the next, while an order stands.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the hooks stay, passing every connect, once the last order is too old: leaders change in less.</summary>
    public static readonly TimeSpan ReleaseAfter = TimeSpan.FromSeconds(60);

    /// <summary>Changes that come together are carried out together.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    /// <summary>The pause after a failure, and while there is nothing to steer.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly long _startedAt = time.GetTimestamp();
    private readonly CarriedOrder _carried = new(time);
    private readonly GivingCheck _giving = new(time);
    private readonly IdleCloser _closer = new(time, logger);
    private readonly Outage _outage = new();

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.ObserveSteering(board, status);
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var changed = board.Changed.Next;
                var limit = await TryTurnAsync();
                if (await AsyncPulse.WaitAsync(changed, limit, time, stoppingToken)) await Task.Delay(Gathering, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <returns>How long nothing needs to be done.</returns>
    private async Task<TimeSpan> TryTurnAsync()
    {
        try
        {
            var pause = await TurnAsync();
            if (_outage.Succeeded() > 0) LogRecovered();
            return pause;
        }
#pragma warning disable CA1031 // Whatever fails, the hooks hear of no newer order, so connects pass; the next turn tries again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (_outage.Failed(error.Message)) LogFailed(error);
            Report(false, $"the order could not be carried out: {error.Message}");
            return Rest;
        }
    }

    private async Task<TimeSpan> TurnAsync()
    {
        if (!options.Steering.Enabled) return await ReleaseAsync("Agent:Steering:Enabled is false on this node");
        if (board.Last is not { } last)
        {
            // What an agent before this one left pinned passes every connect by now. It stays for a leader that is late.
            if (time.GetElapsedTime(_startedAt) > ReleaseAfter) table.TryRemove();
            return Rest;
        }

        if (last.Order.Services.Count == 0) return await ReleaseAsync("no Service is ordered");
        if (last.Age > last.Order.LongestFailOpen + ReleaseAfter) return await ReleaseAsync("the last order is too old");
        // The hooks see the connects of every pod, and a mesh's proxy that met a pod's address would leave out the rules of the Service.
        if (interest.Plan.Meshed is { } meshed)
            return await ReleaseAsync($"{meshed.Mesh} in pod {meshed.Pod} of this node has to see the addresses of Services");
        if (interest.Status.State == InterestState.Waiting)
        {
            Report(false, "this node's pods are not known yet");
            return Beat;
        }

        await readiness.FollowAsync(last.Order, last.Age);
        if (table.TryHold()) await CarryOutAsync(table.Table!, last.Order, last.Age);
        else Report(false, table.Refusal!);
        return Beat;
    }

    private async Task CarryOutAsync(IConnectTable held, AcceptedOrder order, TimeSpan age)
    {
        _carried.CarryOut(held, order, readiness.Version, () => readiness.Of(order));
        held.Beat(age);
        if (age > order.LongestFailOpen)
        {
            await _closer.EndAsync();
            Report(false, "the last order is too old, so connects pass");
            return;
        }

        _giving.Turn(held);
        _closer.Turn(held, order);
        Report(_giving.Reason is null, _giving.Reason ?? readiness.Impairment ?? "");
    }

    /// <summary>Leaves nothing: no table, no hook, no watch.</summary>
    private async Task<TimeSpan> ReleaseAsync(string reason)
    {
        await readiness.StopAsync();
        await LetGoAsync();
        Report(false, table.TryRemove() ? reason : $"{reason}, and the connect hooks could not be removed: {table.Refusal}");
        return Rest;
    }

    /// <summary>
    /// A restart goes on with the table that stays pinned. When the last order is too old already, its hooks pass every connect, and the
    /// agent may be gone for good: then nothing is left.
    /// </summary>
    private async Task EndAsync()
    {
        await readiness.StopAsync();
        if (table.Table is null) return;
        await LetGoAsync();
        if (board.Last is not { } last || last.Age <= last.Order.LongestFailOpen || !table.TryRemove()) table.LeavePinned();
    }

    private async Task LetGoAsync()
    {
        await _closer.EndAsync();
        await _giving.EndAsync();
        _carried.LetGo();
    }

    private void Report(bool steering, string reason)
    {
        if (steering != status.Standing.Steering)
        {
            if (steering) LogBegan();
            else LogEnded(reason);
        }

        status.Standing = _carried.Standing(steering, reason, _closer);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The kernel gives connects to endpoints as ordered")]
    private partial void LogBegan();

    [LoggerMessage(Level = LogLevel.Information, Message = "The kernel gives no connect to an endpoint any more: {Reason}")]
    private partial void LogEnded(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to carry an order out, so connects pass once it is too old")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Orders are carried out again")]
    private partial void LogRecovered();
}
