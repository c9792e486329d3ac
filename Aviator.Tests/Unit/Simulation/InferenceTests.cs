using Aviator.Simulation;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Unit.Simulation;

/// <summary>Simulated inference engines: what shares by their queues are worth, and that they cost nothing among equals.</summary>
public sealed class InferenceTests(ITestOutputHelper output)
{
    private const string ByQueues = "Aviator prequal, kernel, queues";

    [Fact]
    public void UnlikeEngines_SharesByQueues_HaveLessTimeToTheFirstTokenThanAllOthersThatSeeNoQueue()
    {
        var queues = Play("unlike engines 80 %", ByQueues);
        foreach (var other in (string[])["all in use", "least connections", "kernel choice alone", "Aviator prequal, kernel"])
        {
            var figures = Play("unlike engines 80 %", other);
            Assert.True(queues.P99 < figures.P99, $"p99 {queues.P99:0} ms, with {other} {figures.P99:0} ms");
        }
    }

    [Fact]
    public void EqualEngines_SharesByQueues_AreNoWorseThanTheKernelsChoice() =>
        Assert.InRange(Play("equal engines", ByQueues).P99, 0, Play("equal engines", "kernel choice alone").P99 * 1.05);

    /// <summary>The kernel counts a streamed answer to its last byte, and its latency is the time to the first.</summary>
    [Fact]
    public void Engine_Streams_IsLoadUntilItsLastToken()
    {
        var pod = new SimulatedPod("p", Latency.Steady(1))
        {
            Engine = new SimulatedEngine(1, 1000, 100, 0.1) { Prompt = _ => 10, Answer = _ => 5 },
        };
        var (random, first, second) = (new Random(1), new SimulatedRequest { Came = 0 }, new SimulatedRequest { Came = 0 });
        pod.Arrive(first, 0, random);
        pod.Arrive(second, 0, random);
        Assert.True(pod.Engine.TryAdmit(out var admitted, out var seconds));
        Assert.Same(first, admitted);
        Assert.Equal(0.2, seconds, 6);
        Assert.False(pod.Engine.TryAdmit(out _, out _), "there is one place");

        Assert.Equal(0.6, pod.Begin(first, 0.2), 6);
        var streaming = pod.Report(0.3);
        Assert.Equal((2, 1, 1L), (streaming.Rif, streaming.AnswersUnderWay, streaming.Traffic.Latency.Count));
        Assert.Equal((1, 0.015), (pod.Engine.Waiting, pod.Engine.CacheUse));

        pod.End(first, 0.6);
        Assert.True(pod.Engine.TryAdmit(out admitted, out _));
        Assert.Same(second, admitted);
        var after = pod.Report(0.6);
        Assert.Equal((1, 0, 1L), (after.Rif, after.AnswersUnderWay, after.Traffic.Latency.Count));
    }

    /// <summary>As servers of uvicorn do: the kernel sees an answer at once, and then nothing that it could take for a request.</summary>
    [Fact]
    public void Engine_SendsTheHeadAtOnce_ItsQueueIsOutOfTheKernelsSight()
    {
        var pod = new SimulatedPod("p", Latency.Steady(1))
        {
            Engine = new SimulatedEngine(1, 1000, 100, 0.1) { Prompt = _ => 10, Answer = _ => 5, Form = AnswerForm.HeadAtOnce },
        };
        var requests = Enumerable.Range(0, 3).Select(_ => new SimulatedRequest { Came = 0 }).ToList();
        foreach (var request in requests) pod.Arrive(request, 0, new Random(1));
        Assert.True(pod.Engine.TryAdmit(out _, out _));
        pod.Begin(requests[0], 0.2);

        var report = pod.Report(0.3);
        Assert.Equal((1, 1, 3L, 0), (report.Rif, report.AnswersUnderWay, report.Traffic.Latency.Count, report.OldestInFlightSeconds));
        Assert.Equal((3, 2), (pod.Rif, pod.Engine.Waiting));
        pod.End(requests[0], 0.6);
        Assert.Equal((2, 0), (pod.Rif, pod.Report(0.6).Rif));
    }

    [Fact]
    public void Tables_OfTheDocument_HaveTheScenariosAndTheArms()
    {
        var document = new DocumentTables("docs/inference.md");
        var scenarios = InferenceScenarios.All.Select(scenario => scenario.Name).ToList();
        Assert.Equal(scenarios.Distinct(), scenarios);
        Assert.Empty(scenarios.Intersect(ScenarioList.All.Select(scenario => scenario.Name)));
        Assert.Equal(scenarios, document.Rows("## Figures", "scenario"));
        Assert.Equal(scenarios, document.Rows("### Scenarios", "scenario"));
        Assert.Equal(Arm.Inference.Select(arm => arm.Name), document.Columns("## Figures", "scenario"));
    }

    private RunFigures Play(string scenario, string arm)
    {
        var played = InferenceScenarios.All.Single(known => known.Name == scenario);
        var figures = played.Run(Arm.Inference.Single(known => known.Name == arm), seed: 1);
        output.WriteLine($"{scenario}, {arm}: p50 {figures.P50:0} ms, p99 {figures.P99:0} ms, {figures.Requests} requests");
        return figures;
    }
}
