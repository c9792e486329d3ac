using Microsoft.Extensions.DependencyInjection;

namespace Aviator.AppHost;

/// <summary>
/// This machine's redis-server on a free port of loopback, with nothing on disk: what a Redis container is to its consumers.
/// </summary>
/// <param name="name">The resource's name, and that of its connection string.</param>
internal sealed class RedisServerResource(string name)
    : ExecutableResource(name, Program, Path.GetTempPath()), IResourceWithConnectionString
{
    /// <summary>The name of its endpoint.</summary>
    public const string Tcp = "tcp";

    private const string Program = "redis-server";

    /// <summary>Whether the program is on the PATH.</summary>
    public static bool IsInstalled =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <summary>Where it listens.</summary>
    public EndpointReference Endpoint => new(this, Tcp);

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{Endpoint.Property(EndpointProperty.Host)}:{Endpoint.Property(EndpointProperty.Port)}");
}

/// <summary>Adds it.</summary>
internal static class RedisServerExtensions
{
    /// <summary>Adds redis-server with the health check that Aspire gives a Redis container.</summary>
    public static IResourceBuilder<RedisServerResource> AddRedisServer(this IDistributedApplicationBuilder builder, string name)
    {
        var server = new RedisServerResource(name);
        string? connection = null;
        builder.Services.AddHealthChecks().AddRedis(
            _ => connection ?? throw new InvalidOperationException("Redis has no address yet."),
            $"{name}_check");
        return builder.AddResource(server)
            .WithEndpoint(scheme: "tcp", name: RedisServerResource.Tcp)
            .WithArgs("--bind", "127.0.0.1", "-::1", "--port", server.Endpoint.Property(EndpointProperty.TargetPort),
                "--save", "", "--appendonly", "no")
            .WithHealthCheck($"{name}_check")
            .OnConnectionStringAvailable(async (resource, _, stop) =>
                connection = await resource.ConnectionStringExpression.GetValueAsync(stop));
    }
}
