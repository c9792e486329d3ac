using System.Net;
using Aviator.Agent.Access;
using Aviator.Core.Steering;
using Microsoft.AspNetCore.Http.Metadata;

namespace Aviator.Agent.Steering;

/// <summary><c>PUT /steering</c>: takes the leader's order, and answers how far the one before is carried out.</summary>
internal static class SteeringApi
{
    /// <summary>Maps it.</summary>
    /// <param name="app">The application; orders may be compressed if it decompresses requests.</param>
    /// <param name="access">Who may read, and who may order.</param>
    public static void Map(WebApplication app, AccessOptions access)
    {
        var route = app.MapPut("/steering", AnswerAsync).WithMetadata(new SizeLimit());
        if (access.Mode == AccessMode.Token) route.RequireAuthorization(AgentAccess.SteeringPolicy);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var (options, metrics) = (services.GetRequiredService<AgentOptions>(), services.GetRequiredService<AgentMetrics>());
        try
        {
            if (options.Access.Mode == AccessMode.Open) RequireLoopback(context.Connection.RemoteIpAddress);
            var order = await OrderBody.ReadAsync(context.Request);
            services.GetRequiredService<OrderBoard>().Accept(OrderReader.Read(order, options.NodeName));
        }
        catch (OrderRefusedException refusal)
        {
            metrics.OrderRefused(refusal.Status == StatusCodes.Status409Conflict);
            await RefusalJson.WriteAsync(context.Response, refusal.Status, refusal.Message, refusal.Field);
            return;
        }

        metrics.OrderAccepted();
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(
            Answer(options.NodeName, services.GetRequiredService<SteeringStatus>().Standing), SteeringJson.Default.SteeringAnswer);
    }

    private static SteeringAnswer Answer(string node, SteeringStanding standing) => new()
    {
        Node = node,
        Steering = standing.Steering,
        Reason = standing.Reason,
        NotClosing = standing.NotClosing,
        Services = standing.Services,
    };

    /// <summary>To read is to learn something; to order is to move every client of the node. Without tokens only the node may.</summary>
    private static void RequireLoopback(IPAddress? client)
    {
        if (client is null || !IPAddress.IsLoopback(client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client))
            throw new OrderRefusedException(
                StatusCodes.Status403Forbidden, "", $"orders from {client} are not taken while Agent:Access:Mode is open: set it to token");
    }

    /// <summary>Every other request has no body at all.</summary>
    private sealed class SizeLimit : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => OrderBody.Longest;
    }
}
