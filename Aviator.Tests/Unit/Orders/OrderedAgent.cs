using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Aviator.Controller.Collection;
using Aviator.Core.Steering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Unit.Orders;

/// <summary>An order as it came.</summary>
/// <param name="Order">The order.</param>
/// <param name="Bearer">The value of the header Authorization.</param>
/// <param name="At">When, as a timestamp of <see cref="Stopwatch"/>.</param>
internal sealed record TakenOrder(SteeringOrder Order, string Bearer, long At);

/// <summary>The door of an agent for orders, on a real socket; it answers what the test says.</summary>
internal sealed class OrderedAgent : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _underWay;

    private OrderedAgent(string node)
    {
        Node = node;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.MapPut("/steering", TakeAsync);
    }

    public string Node { get; }

    public AgentEndpoint Endpoint => new($"agent-{Node}", new Uri(_app.Urls.First()), Node);

    /// <summary>All orders so far.</summary>
    public ConcurrentQueue<TakenOrder> Taken { get; } = new();

    /// <summary>Most orders that were under way here at the same time.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>The status of every answer; 200 gives <see cref="Answer"/>.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Awaited before each answer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>What it answers.</summary>
    public SteeringAnswer Answer { get; set; } = new() { Node = "", Steering = true, Reason = "", Services = [] };

    public static async Task<OrderedAgent> StartAsync(string node)
    {
        var agent = new OrderedAgent(node);
        await agent._app.StartAsync();
        return agent;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _underWay));
        try
        {
            var order = await JsonSerializer.DeserializeAsync(
                context.Request.Body, SteeringJson.Default.SteeringOrder, context.RequestAborted);
            Taken.Enqueue(new(order!, context.Request.Headers.Authorization.ToString(), Stopwatch.GetTimestamp()));
            if (Delay > TimeSpan.Zero) await Task.Delay(Delay, context.RequestAborted);
            context.Response.StatusCode = Status;
            await context.Response.WriteAsync(
                Status == 200
                    ? JsonSerializer.Serialize(Answer with { Node = Answer.Node.Length > 0 ? Answer.Node : Node },
                        SteeringJson.Default.SteeringAnswer)
                    : """{"reason":"scripted"}""",
                context.RequestAborted);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
