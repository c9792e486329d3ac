using System.Diagnostics;
using Aviator.Core.Boards;
using Aviator.Demo.Report;
using Aviator.Demo.Screen;
using Aviator.Demo.Workload;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;

namespace Aviator.Demo;

/// <summary>The phases in their order. Traffic runs through all of them without a pause, and every failed request counts.</summary>
internal sealed class DemoRun : IAsyncDisposable
{
    private const double MaxSlowShare = 0.01;
    private static readonly TimeSpan MoveWindow = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string> PageOn = new() { ["Aviator__Page__Enabled"] = "true" };
    private readonly DemoOptions _options;
    private readonly ClusterApi _api;
    private readonly LiveView _view;
    private readonly DemoWorkload _workload;
    private readonly List<ChildProcess> _processes = [];
    private TrafficGenerator? _traffic;
    private PodRows? _rows;

    /// <summary>Prepares a run; nothing happens before <see cref="RunAsync"/>.</summary>
    public DemoRun(DemoOptions options, LiveView view)
    {
        (_options, _view) = (options, view);
        _api = new ClusterApi(options.Kubeconfig);
        _workload = new DemoWorkload(_api, options);
    }

    private TrafficGenerator Traffic => _traffic ?? throw new InvalidOperationException("No traffic yet.");

    /// <summary>Runs all phases.</summary>
    /// <exception cref="TimeoutException">Something did not come about in its time.</exception>
    public async Task<DemoReport> RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(_options.Artifacts);
        _view.Headline("2 fast pods (10 ms) and 2 slow pods (500 ms) behind one Service");
        await _workload.DeployAsync(stop);
        var original = await ShapeAsync(stop);
        _traffic = TrafficGenerator.Start(new() { Target = _workload.Target, RequestsPerSecond = _options.RequestsPerSecond });
        _rows = new PodRows(_api, _workload, Traffic, AviatorProcesses.AgentAddress);
        _view.Say($"{_options.RequestsPerSecond:0} requests a second to {_workload.Target}, a new connection each, until the end");

        _view.Headline("Before: kube-proxy spreads evenly");
        var before = await SteadyAsync(_options.Before, stop);

        _view.Headline("Starting agent and controller");
        await StartAviatorAsync(stop);

        _view.Headline("Applying the policy: traffic moves to the fast pods");
        var applied = Traffic.Now;
        await _workload.ApplyPolicyAsync(stop);
        var steered = await MovedAsync(applied, stop);
        _view.Say($"moved after {steered.TotalSeconds:F1} s; measuring the steady state");
        var after = await SteadyAsync(_options.Steady, stop);

        var shift = Traffic.Now;
        var (nowSlow, nowFast) = await _workload.ShiftAsync(stop);
        _view.Headline($"Shift: {nowSlow.Name} is slow now, {nowFast.Name} is fast");
        var shiftedIn = await MovedAsync(shift, stop, nowFast.Name);
        _view.Say($"followed after {shiftedIn.TotalSeconds:F1} s; measuring the steady state");
        var shifted = await SteadyAsync(_options.Steady, stop);

        _view.Headline("Deleting the policy: the Service is handed back");
        var released = await ReleaseAsync(original, stop);
        var all = await Traffic.StopAsync();
        if (all.Failures.Count > 0) _view.Say(all.DescribeFailures());
        return new DemoReport
        {
            Before = before,
            After = after,
            Shifted = shifted,
            Released = released,
            FailedRequests = all.Failures.Count,
            SteerSeconds = Math.Round(steered.TotalSeconds, 2),
            ShiftSeconds = Math.Round(shiftedIn.TotalSeconds, 2),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_traffic is not null) await _traffic.DisposeAsync();
        _rows?.Dispose();
        // The controller first: it reads the agent, and its last log lines should not be about a missing one.
        foreach (var process in Enumerable.Reverse(_processes)) await process.DisposeAsync();
        if (!_options.Keep)
        {
            try
            {
                await _workload.RemoveAsync(wait: false, CancellationToken.None);
            }
            catch (InvalidOperationException e)
            {
                _view.Say($"The namespace {DemoOptions.Namespace} could not be removed: {e.Message}");
            }
        }

        _api.Dispose();
    }

    private async Task StartAviatorAsync(CancellationToken stop)
    {
        var node = (await _api.ListAsync("api/v1/nodes", stop))[0].GetProperty("metadata").GetProperty("name").GetString()!;
        _processes.Add(AviatorProcesses.StartAgent(_options.Kubeconfig, node, Log("agent")));
        _processes.Add(AviatorProcesses.StartController(_options.Kubeconfig, Log("controller"), PageOn));
        await AviatorProcesses.ReadyAsync(_processes[0], AviatorProcesses.AgentAddress, ReadyLimit, stop);
        await AviatorProcesses.ReadyAsync(_processes[1], AviatorProcesses.ControllerAddress, ReadyLimit, stop);
        _view.Say($"agent (process {_processes[0].Id}) and controller ({_processes[1].Id}) are ready; their logs are in " +
            $"{_options.Artifacts}");
        _view.Say($"The controller's live page, with the reason for each pod: http://localhost:{BoardAddress.DefaultPort}" +
            (Environment.GetEnvironmentVariable("AVIATOR_INSIDE") is { Length: > 0 } ? ", inside the cluster's network" : ""));

        string Log(string name)
        {
            var path = Path.Combine(_options.Artifacts, $"demo-{name}.log");
            File.Delete(path);
            return path;
        }
    }

    /// <summary>Watches for <paramref name="time"/> and gives the figures of the requests that were sent in it.</summary>
    private async Task<PhaseFigures> SteadyAsync(TimeSpan time, CancellationToken stop)
    {
        var from = Traffic.Now;
        await _view.WatchAsync(_rows!.SampleAsync, () => Traffic.Now - from >= time, time * 2, stop);
        var to = Traffic.Now;
        await SettledAsync(to, stop);
        return PhaseFigures.Of(Traffic.Snapshot(from, to), _workload.SlowPods);
    }

    /// <summary>
    /// The answers to requests sent before <paramref name="moment"/> take up to a slow pod's delay to come in; without this wait the slow
    /// ones would be missing.
    /// </summary>
    private async Task SettledAsync(TimeSpan moment, CancellationToken stop) =>
        await Waiting.UntilAsync("the phase's last answers", TimeSpan.FromSeconds(10), () =>
            Task.FromResult(Traffic.Now > moment + (2 * _options.Slow)), stop);

    /// <summary>Watches until a whole window of traffic avoided the slow pods (and reached <paramref name="alsoServing"/>).</summary>
    /// <returns>Time from <paramref name="since"/> to the start of that window.</returns>
    private async Task<TimeSpan> MovedAsync(TimeSpan since, CancellationToken stop, string? alsoServing = null)
    {
        var start = TimeSpan.Zero;
        if (await _view.WatchAsync(_rows!.SampleAsync, Moved, _options.MoveLimit, stop)) return start - since;
        throw new TimeoutException(
            $"Within {_options.MoveLimit.TotalSeconds:0} s the traffic did not move away from the slow pods. The logs are in " +
            $"{_options.Artifacts}.");

        bool Moved()
        {
            var to = Traffic.Now - (2 * _options.Slow);
            start = to - MoveWindow;
            if (start < since) return false;
            var window = Traffic.Snapshot(start, to);
            return window.Share(_workload.SlowPods) < MaxSlowShare && (alsoServing is null || window.ByPod.ContainsKey(alsoServing));
        }
    }

    private async Task<PhaseFigures> ReleaseAsync(ObservedService original, CancellationToken stop)
    {
        var from = Traffic.Now;
        await _workload.DeletePolicyAsync(stop);
        var same = Waiting.UntilAsync("the Service to be exactly as before", TimeSpan.FromSeconds(90),
            async () => (await ShapeAsync(stop)).Describe() == original.Describe(), stop, pause: TimeSpan.FromMilliseconds(500));
        await _view.WatchAsync(_rows!.SampleAsync, () =>
            same.IsCompleted && Traffic.Now - from >= _options.After, TimeSpan.FromSeconds(100), stop);
        _view.Say($"selector and slices are as before, after {(await same).TotalSeconds:F1} s");
        var to = Traffic.Now;
        await SettledAsync(to, stop);
        return PhaseFigures.Of(Traffic.Snapshot(from, to), _workload.SlowPods);
    }

    private async Task<ObservedService> ShapeAsync(CancellationToken stop) =>
        await _api.ShapeAsync(DemoOptions.Namespace, DemoWorkload.Service, stop)
            ?? throw new UnreachableException($"The Service {DemoWorkload.Service} is gone.");
}
