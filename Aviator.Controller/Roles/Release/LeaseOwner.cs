using System.Text.Json.Nodes;
using Aviator.Controller.Leadership;
using Aviator.Kubernetes;

namespace Aviator.Controller.Roles.Release;

/// <summary>
/// Makes the controllers' Deployment the owner of the Lease: the garbage collector removes the Lease with it. Else a new installation would
/// find the Lease held by the uninstall of the old one.
/// </summary>
/// <param name="connection">The API server.</param>
/// <param name="lease">The Lease.</param>
internal sealed class LeaseOwner(ApiConnection connection, ObjectKey lease)
{
    private static readonly ResourceKind Deployments = new("apps", "v1", "deployments");

    /// <summary>Sets the owner.</summary>
    /// <param name="deployment">Name of the Deployment, in the Lease's namespace.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when there is no such Deployment.</returns>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<bool> SetAsync(string deployment, CancellationToken cancellationToken)
    {
        try
        {
            using var found = await connection.SendAsync(
                HttpMethod.Get, Deployments.Path(new ObjectKey(lease.Namespace, deployment)), cancellationToken: cancellationToken);
            var owner = new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["name"] = deployment,
                ["uid"] = found.RootElement.GetProperty("metadata").GetProperty("uid").GetString(),
            };
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(owner) } };
            using var written = await connection.SendAsync(
                HttpMethod.Patch,
                $"{LeaseApi.Kind.Path(lease)}?fieldManager={AviatorNames.FieldManager}",
                patch,
                ApiConnection.MergePatch,
                cancellationToken);
            return true;
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            return false;
        }
    }
}
