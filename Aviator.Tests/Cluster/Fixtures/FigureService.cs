using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Aviator.Tests.Tooling.Kubernetes;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// The figures that the chart serves by HTTPS, as a program beside the cluster's pods asks for them: at the Service, by the authority that
/// the chart made, with a token.
/// </summary>
internal sealed class FigureService : IDisposable
{
    /// <summary>Name of the Service, and of the Secret with the certificate.</summary>
    public const string Name = $"{ChartRelease.Name}-autoscaling";

    /// <summary>The account that may ask.</summary>
    public const string Account = "web-scaler";

    private readonly ClusterApi _api;
    private readonly string _namespace;
    private readonly HttpClient _client;

    private FigureService(ClusterApi api, string ns, HttpClient client) => (_api, _namespace, _client) = (api, ns, client);

    /// <summary>The account with its right, for the namespace of the Service that is asked about.</summary>
    public static string AccountManifest => $$"""
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: {{Account}} }
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: {{Account}} }
        rules:
          - {apiGroups: [aviator.example.com], resources: [aviatorpolicies], verbs: [get]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: {{Account}} }
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{Account}} }
        subjects:
          - {kind: ServiceAccount, name: {{Account}} }
        """;

    /// <summary>A client of the installed release.</summary>
    /// <param name="api">The cluster.</param>
    /// <param name="ns">The namespace of the Service that is asked about.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task<FigureService> ConnectAsync(ClusterApi api, string ns, CancellationToken stop)
    {
        var secret = (await api.GetAsync($"api/v1/namespaces/{ChartRelease.Home}/secrets/{Name}", stop))!.Value;
        var authority = X509Certificate2.CreateFromPem(
            Encoding.UTF8.GetString(secret.GetProperty("data").GetProperty("ca.crt").GetBytesFromBase64()));
        var service = (await api.GetAsync($"api/v1/namespaces/{ChartRelease.Home}/services/{Name}", stop))!.Value;
        var address = IPAddress.Parse(service.GetProperty("spec").GetProperty("clusterIP").GetString()!);
        // The certificate is for the Service's name, and the test cluster has no DNS.
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(address, 443), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { authority },
        };
        var client = new HttpClient(handler)
        {
            BaseAddress = new($"https://{Name}.{ChartRelease.Home}.svc"),
            Timeout = TimeSpan.FromSeconds(10),
        };
        return new(api, ns, client);
    }

    /// <summary>A token of an account of the namespace.</summary>
    public Task<string> TokenAsync(string account, CancellationToken stop) =>
        AccountToken.CreateAsync(_api, _namespace, account, null, stop);

    /// <summary>Asks.</summary>
    /// <param name="method">GET, or POST without a body.</param>
    /// <param name="path">What for.</param>
    /// <param name="token">The token; null for none.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task<(HttpStatusCode Status, string Body)> AskAsync(
        HttpMethod method, string path, string? token, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await _client.SendAsync(request, stop);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(stop));
    }

    public void Dispose() => _client.Dispose();
}
