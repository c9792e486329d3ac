using System.Net;
using System.Net.Http.Json;
using System.Text;
using Aviator.Core.Boards;
using Aviator.Tests.Fixtures.Boards;
using Xunit;

namespace Aviator.Tests.Unit.Boards;

/// <summary>Policies that are sent to the page to be simulated, over real HTTP.</summary>
public sealed class SimulationRequestsTests : PageTest
{
    private const string Web = """
        {"kind":"AviatorPolicy","metadata":{"namespace":"shop","name":"web"},"spec":{"targetRef":{"name":"web"},"evaluationInterval":"2s"}}
        """;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Page.Simulations.Run = (policy, _) => Task.FromResult(new SimulatedPolicy
        {
            Service = policy.Spec.TargetRef.Name,
            Obstacle = $"{policy.Metadata.NamespaceProperty}/{policy.Metadata.Name}: {policy.Spec.EvaluationInterval}",
        });
    }

    [Fact]
    public async Task Policy_IsReadAsItsKind_AndTheAnswerIsJson()
    {
        using var answer = await SendAsync(Web);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var simulated = await answer.Content.ReadFromJsonAsync(BoardJson.Default.SimulatedPolicy, Stop);
        Assert.Equal(("web", "shop/web: 2s"), (simulated!.Service, simulated.Obstacle));
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest, "The body is not the JSON of an AviatorPolicy: ")]
    [InlineData("null", HttpStatusCode.BadRequest, "The body is empty: send an AviatorPolicy.")]
    [InlineData("""{"kind":"Service"}""", HttpStatusCode.BadRequest, "kind: \"Service\" is not simulated; use AviatorPolicy.")]
    [InlineData("""{"kind":"AviatorPolicy"}""", HttpStatusCode.BadRequest, "metadata.namespace: is required.")]
    [InlineData("""{"metadata":{"namespace":"shop"}}""", HttpStatusCode.BadRequest, "metadata.name: is required.")]
    public async Task WhatIsNoPolicy_IsRefused_WithTheFieldAtFault(string body, HttpStatusCode status, string sentence)
    {
        using var answer = await SendAsync(body);

        Assert.Equal(status, answer.StatusCode);
        Assert.StartsWith(sentence, await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policy_OfAnotherType_OrTooLong_IsRefused()
    {
        using var form = new StringContent(Web, Encoding.UTF8, "text/plain");
        using var answered = await Client.PostAsync(BoardAddress.SimulationPath, form, Stop);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answered.StatusCode);

        using var answer = await SendAsync(Web + new string(' ', 64 * 1024));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Get_IsToldToPost()
    {
        using var answer = await Client.GetAsync(BoardAddress.SimulationPath, Stop);

        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (answer.StatusCode, Assert.Single(answer.Content.Headers.Allow)));
    }

    [Fact]
    public async Task Replica_ThatStandsBy_SaysSo()
    {
        Page.Leads = false;
        Page.Keeper.Forget("nobody");
        await Page.Publisher.NextAsync(board => !board.Leads, Stop);

        using var answer = await SendAsync(Web);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("does not lead", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_TakeTurns()
    {
        var (running, most) = (0, 0);
        Page.Simulations.Run = async (policy, stop) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(20, stop); // one that takes a while
            Interlocked.Decrement(ref running);
            return new() { Service = policy.Spec.TargetRef.Name };
        };
        foreach (var one in Enumerable.Range(0, 8).Select(_ => SendAsync(Web)).ToList())
        {
            using var answer = await one;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(1, most);
    }

    private async Task<HttpResponseMessage> SendAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await Client.PostAsync(BoardAddress.SimulationPath, content, Stop);
    }
}
