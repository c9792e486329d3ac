using System.Text.Json.Nodes;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>Adds and removes the finalizer that keeps a policy until its Service has been handed back.</summary>
internal sealed class PolicyFinalizer(ApiConnection connection, ControllerMetrics metrics)
{
    /// <summary>Whether the policy carries it.</summary>
    public static bool On(AviatorPolicy policy) => policy.Metadata.Finalizers?.Contains(AviatorNames.Finalizer) ?? false;

    /// <summary>Adds it; nothing happens when it is there.</summary>
    /// <exception cref="ApiException">
    /// A conflict when another writer was first: the policy comes again with what that one wrote.
    /// </exception>
    public Task AddAsync(AviatorPolicy policy, CancellationToken cancellationToken) =>
        On(policy)
            ? Task.CompletedTask
            : WriteAsync(policy, [.. policy.Metadata.Finalizers ?? [], AviatorNames.Finalizer], cancellationToken);

    /// <summary>Removes it; nothing happens when it is not there, or the policy is gone.</summary>
    /// <inheritdoc cref="AddAsync"/>
    /// <returns>Whether it was removed by this call.</returns>
    public async Task<bool> RemoveAsync(AviatorPolicy policy, CancellationToken cancellationToken)
    {
        if (!On(policy)) return false;
        try
        {
            var others = policy.Metadata.Finalizers!.Where(finalizer => finalizer != AviatorNames.Finalizer).ToList();
            await WriteAsync(policy, others, cancellationToken);
            return true;
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            // It was removed by hand, and the policy is gone, which is what this would have led to.
            return false;
        }
    }

    private async Task WriteAsync(AviatorPolicy policy, IEnumerable<string> finalizers, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = policy.Metadata.ResourceVersion,
                ["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]),
            },
        };
        try
        {
            using var written = await connection.SendAsync(
                HttpMethod.Patch, $"{policy.Path()}?fieldManager={AviatorNames.FieldManager}", patch, ApiConnection.MergePatch,
                cancellationToken);
            metrics.Wrote("AviatorPolicy", "patch", ok: true);
        }
        catch (ApiException)
        {
            metrics.Wrote("AviatorPolicy", "patch", ok: false);
            throw;
        }
    }
}
