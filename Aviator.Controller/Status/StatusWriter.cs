using System.Net;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using k8s;

namespace Aviator.Controller.Status;

/// <summary>Writes a policy's status.</summary>
internal interface IStatusWriter
{
    /// <summary>
    /// Writes <paramref name="status"/>. When another writer was first, the policy is read again: a policy of the same spec takes the
    /// status all the same, one whose spec moved on (or another policy of that name) does not, for its own evaluation is on the way.
    /// </summary>
    /// <param name="policy">The policy as it was evaluated.</param>
    /// <param name="status">The whole status.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the status was written.</returns>
    /// <exception cref="ApiException">The server refused for another reason, or refused every attempt.</exception>
    Task<bool> WriteAsync(AviatorPolicy policy, AviatorPolicyStatus status, CancellationToken cancellationToken);
}

/// <summary>Writes it through the status subresource.</summary>
/// <param name="connection">The API server.</param>
/// <param name="metrics">Counts the writes.</param>
internal sealed class StatusWriter(ApiConnection connection, ControllerMetrics metrics) : IStatusWriter
{
    private const int Attempts = 4;

    /// <inheritdoc/>
    public async Task<bool> WriteAsync(AviatorPolicy policy, AviatorPolicyStatus status, CancellationToken cancellationToken)
    {
        var path = $"{policy.Path()}/status";
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var written = await connection.SendAsync(
                    HttpMethod.Patch,
                    $"{path}?fieldManager={AviatorNames.FieldManager}",
                    StatusPatch.Create(status, policy.Metadata.ResourceVersion),
                    ApiConnection.MergePatch,
                    cancellationToken);
                metrics.Wrote("AviatorPolicy/status", "patch", ok: true);
                return true;
            }
            catch (ApiException refusal) when (refusal.IsNotFound)
            {
                return false;
            }
            catch (ApiException refusal) when (refusal.Status == HttpStatusCode.Conflict && attempt < Attempts)
            {
                metrics.Wrote("AviatorPolicy/status", "patch", ok: false);
                if (await ReadAgainAsync(policy, cancellationToken) is not { } fresh) return false;
                policy = fresh;
            }
            catch (ApiException)
            {
                metrics.Wrote("AviatorPolicy/status", "patch", ok: false);
                throw;
            }
        }
    }

    private async Task<AviatorPolicy?> ReadAgainAsync(AviatorPolicy evaluated, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await connection.SendAsync(HttpMethod.Get, evaluated.Path(), cancellationToken: cancellationToken);
            var fresh = KubernetesJson.Deserialize<AviatorPolicy>(document.RootElement);
            var same = fresh.Metadata.Uid == evaluated.Metadata.Uid && fresh.Metadata.Generation == evaluated.Metadata.Generation;
            return same ? fresh : null;
        }
        catch (ApiException refusal) when (refusal.IsNotFound)
        {
            return null;
        }
    }
}
