using System.Net.Http.Json;
using Aviator.Agent.Http;
using Aviator.Controller.Collection;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>The two forms of a report over HTTP, from the agent's code to the controller's.</summary>
public sealed class ReportAnswerTests : IAsyncLifetime
{
    private readonly AgentClient _controller = new(TimeSpan.FromSeconds(10));
    private readonly HttpClient _people = new();
    private WebApplication _agent = null!;
    private NodeReport _report = NodeReports.Busy(3);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _agent = builder.Build();
        _agent.Map("/latencies", context => ReportAnswer.WriteAsync(context, _report));
        await _agent.StartAsync(Stop);
        _people.BaseAddress = new(_agent.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        _people.Dispose();
        _controller.Dispose();
        await _agent.DisposeAsync();
    }

    [Fact]
    public async Task Controller_ThisVersion_GetsTheFormThatRedisHas()
    {
        using var answer = await AskAsync(NodeReportMedia.Accept);
        Assert.Equal(NodeReportMedia.Type, answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(NodeReportCodec.Write(_report), await answer.Content.ReadAsByteArrayAsync(Stop));

        var read = await ReadAsync();
        Assert.Equal(NodeReportCodec.Write(_report), NodeReportCodec.Write(read));
    }

    [Fact]
    public async Task People_AndControllersOfAnotherVersion_GetJson()
    {
        foreach (var accept in (string?[])[null, "*/*", $"{NodeReportMedia.Type};version={NodeReportCodec.Version - 1}, application/json"])
        {
            using var answer = await AskAsync(accept);
            Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
            Assert.Contains("Accept", answer.Headers.Vary);
            Assert.True(answer.Headers.CacheControl?.NoStore);
            var read = await answer.Content.ReadFromJsonAsync(MeasurementJson.Default.NodeReport, Stop);
            Assert.Equal(NodeReportCodec.Write(_report), NodeReportCodec.Write(read!));
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(-1, false)]
    public void Takes_ByVersion_OnlyWhereTheReaderIsNotOlder(int newer, bool expected) =>
        Assert.Equal(expected, ReportAnswer.Takes($"{NodeReportMedia.Type};version={NodeReportCodec.Version + newer}"));

    [Theory]
    [InlineData("")]
    [InlineData("*/*")]
    [InlineData("application/json")]
    [InlineData(NodeReportMedia.Type)]
    [InlineData(NodeReportMedia.Type + "; version=x")]
    [InlineData(NodeReportMedia.Type + "; version=-3")]
    [InlineData(NodeReportMedia.Type + "; version=9; q=0")]
    [InlineData(";;, ,=")]
    public void Takes_AnythingElse_IsNo(string accept) => Assert.False(ReportAnswer.Takes(accept));

    [Fact]
    public void Takes_AmongOthersInSeveralLines_IsYes() => Assert.True(ReportAnswer.Takes(new(
    [
        null, "text/html, ,", $"application/json, {NodeReportMedia.Type.ToUpperInvariant()}; version={NodeReportCodec.Version}; q=0.5",
    ])));

    /// <summary>A report that no reader of the binary form would take goes as JSON, which has no such limit.</summary>
    [Fact]
    public async Task Controller_MoreRowsThanTheFormHolds_GetsJson()
    {
        _report = _report with { Endpoints = [.. Enumerable.Repeat(_report.Endpoints[0], NodeReportCodec.MaxEndpoints + 1)] };
        Assert.Equal(NodeReportCodec.MaxEndpoints + 1, (await ReadAsync()).Endpoints.Count);
    }

    [Fact]
    public async Task Controller_DamagedReport_SaysSo()
    {
        _agent.Map("/damaged/latencies", context =>
        {
            context.Response.ContentType = NodeReportMedia.Type;
            return context.Response.Body.WriteAsync(NodeReportCodec.Write(_report).AsMemory()[..^1], Stop).AsTask();
        });
        var fault = await Assert.ThrowsAsync<AgentUnavailableException>(() => ReadAsync("damaged/"));
        Assert.StartsWith("it is damaged: ", fault.Message, StringComparison.Ordinal);
    }

    private Task<NodeReport> ReadAsync(string folder = "") =>
        _controller.GetAsync(new("agent", new Uri(_people.BaseAddress!, folder)), null, Stop);

    private async Task<HttpResponseMessage> AskAsync(string? accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/latencies");
        if (accept is not null) Assert.True(request.Headers.TryAddWithoutValidation("Accept", accept));
        return await _people.SendAsync(request, Stop);
    }
}
