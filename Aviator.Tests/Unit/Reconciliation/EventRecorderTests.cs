using System.Diagnostics.Metrics;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Telemetry;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

public sealed class EventRecorderTests
{
    [Fact]
    public async Task Record_ServerAnswersGarbage_LosesThatEventAndGoesOn()
    {
        var stop = TestContext.Current.CancellationToken;
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        var second = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        script.Then(context => context.Response.WriteAsync("<html>a proxy's idea of success</html>", stop));
        script.Then(async context =>
        {
            second.TrySetResult(await new StreamReader(context.Request.Body).ReadToEndAsync(stop));
            await context.Response.WriteAsync("{}", stop);
        });
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        using var recorder = new EventRecorder(server.Connect(), new SoleLeadership(TimeProvider.System), metrics, TimeProvider.System,
            NullLogger<EventRecorder>.Instance);
        await recorder.StartAsync(stop);

        recorder.Record(Note("lost"));
        recorder.Record(Note("kept"));

        Assert.Contains("kept", await second.Task.WaitAsync(TimeSpan.FromSeconds(10), stop), StringComparison.Ordinal);
        await recorder.StopAsync(stop);
    }

    private static EventNote Note(string message) =>
        new(new("aviator.example.com/v1alpha1", "AviatorPolicy", "shop", "web", "uid"), EventReason.Steered, message, SeriesKey: message);
}
