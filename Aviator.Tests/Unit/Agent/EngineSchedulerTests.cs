using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Aviator.Agent;
using Aviator.Agent.Counters;
using Aviator.Agent.Engines;
using Aviator.Agent.Interest;
using Aviator.Agent.Probing;
using Aviator.Agent.Sources;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>How often an engine is asked, on a clock that the test moves.</summary>
public sealed class EngineSchedulerTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    /// <summary>Once a second, and a minute of refusals is six or seven questions.</summary>
    [Theory]
    [InlineData("200 OK", 45, 70)]
    [InlineData("503 Service Unavailable", 4, 10)]
    public async Task Ask_ForAMinute_IsPacedAndBacksOff(string status, int least, int most)
    {
        var asked = 0;
        await using var engine = new RawServer(async (stream, stop) =>
        {
            while (await stream.ReadAsync(new byte[4096], stop) > 0)
            {
                Interlocked.Increment(ref asked);
                var answer = $"HTTP/1.1 {status}\r\nContent-Length: {EngineTexts.Vllm.Length}\r\n\r\n{EngineTexts.Vllm}";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), stop);
            }
        });
        var (time, board) = (new FakeTimeProvider(), new InterestBoard());
        board.Publish(new InterestPlan([Endpoint(engine.EndPoint)], []));
        using var client = new EngineClient(ProbePorts.Any, TimeProvider.System);
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var source = new MeasurementSource(LatencySource.Probe, "by hand", null, FellBack: false);
        using var metrics = new AgentMetrics(
            services.GetRequiredService<IMeterFactory>(), source, new KernelStanding(source, time), board, new ReadClock(time));
        using var scheduler = new EngineScheduler(
            board, new EngineLedger(time), client, metrics, time, NullLogger<EngineScheduler>.Instance);
        await scheduler.StartAsync(TestContext.Current.CancellationToken);
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(1); passed += Step)
        {
            time.Advance(Step);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await scheduler.StopAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.InRange(Volatile.Read(ref asked), least, most);
    }

    private static EndpointInterest Endpoint(IPEndPoint engine) =>
        new(EndpointAddress.Of(engine.Address, engine.Port), "uid-a", "shop", "a", Ready: true, Probe: null)
        {
            Engine = new(InferenceEngine.VLLM, engine.Port, "/metrics"),
        };
}
