using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Controller.Cluster;
using Aviator.Controller.Telemetry;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s;
using k8s.Models;

namespace Aviator.Controller.Steering;

/// <summary>The only place that writes slices and selectors. Every write carries the version that it was decided on.</summary>
/// <param name="connection">The API server.</param>
/// <param name="dialect">Its version of EndpointSlice.</param>
/// <param name="metrics">Counts the writes; null where they are not counted.</param>
internal sealed class SliceApi(ApiConnection connection, SliceDialect dialect, ControllerMetrics? metrics = null)
{
    /// <summary>Does one write.</summary>
    /// <returns>The slice as the server keeps it; null after a delete.</returns>
    /// <exception cref="ApiException">The server refused; a conflict or a missing object means that the cache was behind.</exception>
    public async Task<Slice?> WriteAsync(SliceWrite write, CancellationToken cancellationToken)
    {
        var slice = write.Slice;
        var name = new ObjectKey(slice.Namespace, slice.Name);
        switch (write.Action)
        {
            case SliceAction.Create:
                return await SendAsync(
                    HttpMethod.Post, $"{dialect.Kind.Path(slice.Namespace)}?fieldManager={AviatorNames.FieldManager}", slice,
                    cancellationToken);
            case SliceAction.Update:
                return await SendAsync(
                    HttpMethod.Put, $"{dialect.Kind.Path(name)}?fieldManager={AviatorNames.FieldManager}", slice, cancellationToken);
            default:
                var version = new V1Preconditions { Uid = slice.Uid, ResourceVersion = slice.ResourceVersion };
                var options = new V1DeleteOptions { Preconditions = version };
                using (await CountedAsync("EndpointSlice", "delete", () => connection.SendAsync(
                    HttpMethod.Delete, dialect.Kind.Path(name), options, cancellationToken: cancellationToken)))
                {
                    return null;
                }

        }
    }

    /// <summary>
    /// Sets or removes the one key in the Service's selector, by JSON merge patch. A twin, which is made without a selector, is given its
    /// Service's.
    /// </summary>
    /// <remarks>
    /// Not server-side apply: on current servers the selector is one atomic field, so an apply of one key conflicts, and a forced one would
    /// wipe the user's own keys.
    /// </remarks>
    /// <returns>The Service's new version.</returns>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task<string> PatchSelectorAsync(ServiceShape service, SelectorChange change, CancellationToken cancellationToken)
    {
        var selector = new JsonObject { [AviatorNames.SteeredKey] = change == SelectorChange.SetKey ? "true" : null };
        if (service.TwinOf is not null && change == SelectorChange.ClearKey) TwinBody.Select(selector, service);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = service.Uid, ["resourceVersion"] = service.ResourceVersion },
            ["spec"] = new JsonObject { ["selector"] = selector },
        };
        using var answer = await CountedAsync("Service", "patch", () => connection.SendAsync(
            HttpMethod.Patch, PathOf(service), patch, ApiConnection.MergePatch, cancellationToken));
        return change == SelectorChange.ClearKey && service.TwinOf is null
            ? await GiveBackAsync(service, answer.RootElement, cancellationToken)
            : VersionOf(answer.RootElement);
    }

    /// <summary>
    /// Gives up the ownership of the selector, by which the owner's next server-side apply would conflict. If that fails, the Service is
    /// released all the same.
    /// </summary>
    /// <returns>The Service's newest version.</returns>
    private async Task<string> GiveBackAsync(ServiceShape service, JsonElement released, CancellationToken cancellationToken)
    {
        var version = VersionOf(released);
        if (FieldOwnership.WithoutOurs(released) is not { } others) return version;
        try
        {
            using var answer = await CountedAsync("Service", "patch", () => connection.SendAsync(
                HttpMethod.Patch, PathOf(service), FieldOwnership.Patch(version, others), ApiConnection.JsonPatch, cancellationToken));
            return VersionOf(answer.RootElement);
        }
        catch (Exception fault) when (fault is ApiException or HttpRequestException or TimeoutException)
        {
            return version; // somebody else was first, or a rule of admission forbids it: counted as a failed write
        }
    }

    private static string PathOf(ServiceShape service) =>
        $"{ResourceKind.Services.Path(new ObjectKey(service.Namespace, service.Name))}?fieldManager={AviatorNames.FieldManager}";

    private static string VersionOf(JsonElement service) => service.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;

    private async Task<Slice?> SendAsync(HttpMethod method, string path, Slice slice, CancellationToken cancellationToken)
    {
        using var answer = await CountedAsync(
            "EndpointSlice", method == HttpMethod.Post ? "create" : "update", () =>
                connection.SendAsync(method, path, SliceMapper.Write(slice, dialect), cancellationToken: cancellationToken));
        var wire = KubernetesJson.Deserialize<SliceWire>(answer.RootElement);
        return SliceMapper.Read(new(new ObjectKey(slice.Namespace, slice.Name), wire.Metadata.ResourceVersion ?? "", wire));
    }

    private async Task<JsonDocument> CountedAsync(string kind, string verb, Func<Task<JsonDocument>> write)
    {
        try
        {
            var answer = await write();
            metrics?.Wrote(kind, verb, ok: true);
            return answer;
        }
        catch (ApiException)
        {
            metrics?.Wrote(kind, verb, ok: false);
            throw;
        }
    }
}
