using System.IO.Compression;
using System.Net;
using System.Text;
using Aviator.Agent.Bpf;
using Aviator.Agent.Steering;
using Aviator.Core.Steering;
using Aviator.Tests.Fixtures;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

/// <summary>Orders over real HTTP, to a real agent whose table is the test's.</summary>
public sealed class SteeringApiTests
{
    [Fact]
    public async Task Order_Good_IsCarriedOutAndAnswered()
    {
        await using var node = await SteeredNode.StartAsync();
        var first = await node.OrderAsync(Orders.Of(1, "10.1.0.1", "10.1.0.2"));
        Assert.Equal(("node-1", false), (first.Node, first.Steering));
        node.Show("10.1.0.1", "10.1.0.2");

        var answer = await OrderedUntilAsync(node, 2, answer => answer.Steering && answer.Services.Count > 0);
        Assert.Equal("", answer.Reason);
        Assert.Equal("10.1.0.1 10.1.0.2", node.Table.Holds(Orders.ClusterIp));
        node.Table.Counted(Orders.ClusterIp, 80, 40, 2);
        answer = await OrderedUntilAsync(node, 1000, answer => answer.Services is [{ Steered: > 0 }]);
        Assert.Equal(new KernelServiceCounts { Namespace = "shop", Name = "web", Steered = 40, Passed = 2 }, answer.Services[0]);

        // A busy machine may need longer than an order is good for.
        var (metrics, sequence) = ("", 100_000);
        await Eventually.TrueAsync(async () =>
        {
            await node.OrderAsync(Orders.Of(sequence++, "10.1.0.1", "10.1.0.2"));
            metrics = await node.MetricsAsync();
            return metrics.Contains("aviator_agent_steering_giving{otel_scope_name=\"Aviator.Agent\"} 1", StringComparison.Ordinal);
        }, "a metric that says that connects are given");
        Assert.Contains("aviator_agent_steering_connects_total{otel_scope_name=\"Aviator.Agent\",outcome=\"steered\"} 40", metrics,
            StringComparison.Ordinal);
        Assert.Matches("aviator_agent_steering_order_age_seconds\\{[^}]*\\} [0-9]", metrics);
    }

    [Fact]
    public async Task Order_OfAnEarlierTermOrNotLater_Is409()
    {
        await using var node = await SteeredNode.StartAsync();
        await node.OrderAsync(Orders.Of(7, 5, ["10.1.0.1"]));
        foreach (var (term, sequence, field) in new[] { (7L, 5L, "sequence"), (7, 4, "sequence"), (6, 900, "term") })
        {
            var refusal = await node.RefusedAsync(Orders.Of(term, sequence, ["10.1.0.9"]));
            Assert.Equal((409, field), (refusal.Status, refusal.Field));
        }

        await node.OrderAsync(Orders.Of(8, 1, ["10.1.0.2"]));
        await Eventually.TrueAsync(() =>
            node.Tables.Count > 0 && node.Table.Holds(Orders.ClusterIp) == "10.1.0.2", "the later term's order");
        Assert.DoesNotContain(node.Table.Applied.SelectMany(services => services).SelectMany(service => service.Endpoints),
            endpoint => endpoint.Address.ToString() == "10.1.0.9");
        Assert.Contains("outcome=\"overtaken\"} 3", await node.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Order_ThatCannotBeRead_IsRefusedByItsField()
    {
        await using var node = await SteeredNode.StartAsync();
        foreach (var (body, field) in new[]
        {
            ("", null),
            ("null", null),
            ("{", null),
            ("{}", null),
            ("""{"formatVersion":"one"}""", "formatVersion"),
            ("""{"formatVersion":1,"node":"node-1","term":1,"sequence":1,"services":null}""", "services"),
            ("""{"formatVersion":1,"node":"node-1","term":1,"sequence":1,"services":[{"namespace":null}]}""", "services[0].namespace"),
            ("""{"formatVersion":1,"node":"node-9","term":1,"sequence":1,"services":[]}""", "node"),
        })
        {
            var refusal = await node.RefusedAsync(new StringContent(body));
            Assert.Equal((400, field), (refusal.Status, refusal.Field));
            Assert.NotEqual("", refusal.Reason);
        }

        Assert.Empty(node.Tables);
    }

    [Fact]
    public async Task Order_InfiniteWeight_IsRefused()
    {
        await using var node = await SteeredNode.StartAsync();
        var text = await SteeredNode.Json(Orders.Of(1, "10.1.0.1")).ReadAsStringAsync(TestContext.Current.CancellationToken);
        var refusal = await node.RefusedAsync(
            new StringContent(text.Replace("\"weight\":1", "\"weight\":1e999", StringComparison.Ordinal)));
        Assert.Equal((400, "services[0].ports[0].endpoints[0].weight"), (refusal.Status, refusal.Field));
    }

    [Fact]
    public async Task Order_Compressed_IsRead_AndBoundedOnceDecompressed()
    {
        await using var node = await SteeredNode.StartAsync();
        var good = await SteeredNode.Json(Orders.Of(1, "10.1.0.1")).ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        using (var response = await node.PutAsync(Compressed(good))) Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var bomb = Encoding.UTF8.GetBytes($$"""{"node":"{{new string(' ', (int)OrderBody.Longest)}}"}""");
        Assert.Equal(413, (await node.RefusedAsync(Compressed(bomb))).Status);
        Assert.Equal(413, (await node.RefusedAsync(new ByteArrayContent(bomb))).Status);
        var broken = new ByteArrayContent([1, 2, 3, 4, 5, 6, 7, 8]);
        broken.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(400, (await node.RefusedAsync(broken)).Status);
    }

    /// <summary>The rest of the API takes no body, as before.</summary>
    [Fact]
    public async Task OtherPaths_WithABody_AreRefused()
    {
        await using var node = await SteeredNode.StartAsync();
        using var client = new HttpClient();
        using var response = await node.PutAsync(new StringContent(""));
        var address = response.RequestMessage!.RequestUri!;
        using var latencies = await client.PutAsync(new Uri(address, "/latencies"), new StringContent("x"),
            TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, latencies.StatusCode);
    }

    [Fact]
    public async Task Order_TableRefused_AnswersWhyAndTriesAgain()
    {
        await using var node = await SteeredNode.StartAsync(served => served, (_, before) =>
        {
            if (before == 0) throw new BpfUnavailableException("the kernel is too old: 4.9", []);
        });
        var answer = await OrderedUntilAsync(node, 1, answer => answer.Reason.Contains("too old", StringComparison.Ordinal));
        Assert.False(answer.Steering);
        answer = await OrderedUntilAsync(node, 1000, answer => answer.Steering);
        Assert.Equal("", answer.Reason);
        Assert.Single(node.Tables);
    }

    [Theory]
    [InlineData(false, "was not given to an endpoint")]
    [InlineData(true, "no cgroup below the root")]
    public async Task Order_NoConnectIsGiven_IsNotSaidToBeCarriedOut(bool throws, string reason)
    {
        await using var node = await SteeredNode.StartAsync(served => served, (table, _) =>
            table.Giving = () => throws ? throw new InvalidOperationException("no cgroup below the root") : false);
        var answer = await OrderedUntilAsync(node, 1, answer => answer.Reason.Contains(reason, StringComparison.Ordinal));
        Assert.False(answer.Steering);
        Assert.True(node.Table.Beats.Count > 0);
    }

    [Fact]
    public async Task Order_KernelRefusesTheRows_IsAnsweredAndNotBeaten()
    {
        await using var node = await SteeredNode.StartAsync();
        await OrderedUntilAsync(node, 1, answer => answer.Steering);
        node.Table.ApplyFault = new InvalidOperationException("the map is full");
        var answer = await OrderedUntilAsync(node, 1000, answer => !answer.Steering, "10.1.0.2");
        Assert.Contains("the map is full", answer.Reason, StringComparison.Ordinal);
        var beats = node.Table.Beats.Count;
        await node.OrderAsync(Orders.Of(5000, "10.1.0.2"));
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        Assert.Equal(beats, node.Table.Beats.Count);

        node.Table.ApplyFault = null;
        await OrderedUntilAsync(node, 6000, answer => answer.Steering, "10.1.0.2");
        Assert.True(node.Table.Beats.Count > beats);
    }

    [Fact]
    public async Task Order_SwitchedOff_IsAnsweredSoAndNothingIsOpened()
    {
        await using var node = await SteeredNode.StartAsync("Steering:Enabled=false");
        var answer = await OrderedUntilAsync(node, 1, answer => answer.Reason.Contains("Enabled", StringComparison.Ordinal));
        Assert.Equal((false, "Agent:Steering:Enabled is false on this node"), (answer.Steering, answer.Reason));
        Assert.Empty(node.Tables);
        Assert.DoesNotContain(node.Server.Requests, request => request.Contains("endpointslices", StringComparison.Ordinal));
    }

    /// <summary>Orders the same pods again and again until the answer is as wanted.</summary>
    private static async Task<SteeringAnswer> OrderedUntilAsync(
        SteeredNode node, long sequence, Func<SteeringAnswer, bool> wanted, params string[] pods)
    {
        SteeringAnswer? answer = null;
        await Eventually.TrueAsync(async () =>
            wanted(answer = await node.OrderAsync(Orders.Of(sequence++, pods.Length > 0 ? pods : ["10.1.0.1", "10.1.0.2"]))), "the answer");
        return answer!;
    }

    private static ByteArrayContent Compressed(byte[] body)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest)) gzip.Write(body);
        var content = new ByteArrayContent(memory.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }
}
