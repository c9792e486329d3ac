using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using k8s;

namespace Aviator.Controller.Leadership;

/// <summary>The Lease on the API server. Written by merge patch, so labels and owners that others put on it stay.</summary>
/// <param name="connection">The API server; one of the Lease's own, because the guard of the other connections asks who leads.</param>
/// <param name="name">Namespace and name of the Lease.</param>
internal sealed class LeaseApi(ApiConnection connection, ObjectKey name) : ILeaseLock
{
    /// <summary>The kind.</summary>
    public static ResourceKind Kind { get; } = new("coordination.k8s.io", "v1", "leases");

    /// <inheritdoc/>
    public async Task<Lease?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await connection.SendAsync(HttpMethod.Get, Kind.Path(name), cancellationToken: cancellationToken);
            return Read(answer);
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<Lease?> CreateAsync(LeaseSpec spec, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = "coordination.k8s.io/v1",
            ["kind"] = "Lease",
            ["metadata"] = new JsonObject
            {
                ["name"] = name.Name,
                ["namespace"] = name.Namespace,
                ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = AviatorNames.Application },
            },
            ["spec"] = Body(spec),
        };
        return WriteAsync(HttpMethod.Post, Kind.Path(name.Namespace), body, ApiConnection.Json, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Lease?> ReplaceAsync(Lease seen, LeaseSpec spec, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = seen.Uid, ["resourceVersion"] = seen.ResourceVersion },
            ["spec"] = Body(spec),
        };
        return WriteAsync(HttpMethod.Patch, Kind.Path(name), body, ApiConnection.MergePatch, cancellationToken);
    }

    private async Task<Lease?> WriteAsync(
        HttpMethod method, string path, JsonObject body, string contentType, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await connection.SendAsync(
                method, $"{path}?fieldManager={AviatorNames.FieldManager}", body, contentType, cancellationToken);
            return Read(answer);
        }
        catch (ApiException refusal) when (refusal.IsConflict || (refusal.IsNotFound && method == HttpMethod.Patch))
        {
            return null;
        }
    }

    private static JsonObject Body(LeaseSpec spec) => new()
    {
        ["holderIdentity"] = spec.Holder,
        ["leaseDurationSeconds"] = (int)Math.Ceiling(spec.Duration.TotalSeconds),
        ["acquireTime"] = spec.AcquireTime,
        ["renewTime"] = spec.RenewTime,
        ["leaseTransitions"] = spec.Term,
    };

    private static Lease Read(JsonDocument answer) => Lease.Read(KubernetesJson.Deserialize<LeaseWire>(answer.RootElement));
}
