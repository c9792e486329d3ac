using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Aviator.Tests.Tooling.Kubernetes;
using k8s;
using k8s.Models;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>Real tokens of service accounts, as the kubelet projects them into pods (TokenRequest).</summary>
internal static class AccountToken
{
    /// <summary>A token of an account.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="ns">The account's namespace.</param>
    /// <param name="account">The account.</param>
    /// <param name="audience">Who it is made for; null for the API server.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task<string> CreateAsync(ClusterApi api, string ns, string account, string? audience, CancellationToken stop)
    {
        var request = new Authenticationv1TokenRequest
        {
            Spec =
            new() { Audiences = audience is null ? [] : [audience], ExpirationSeconds = 3600 }
        };
        return (await api.Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, account, ns,
            cancellationToken: stop)).Status.Token;
    }

    /// <summary>The test's kubeconfig with a token in place of the administrator, in a folder that its owner alone can enter.</summary>
    public static async Task<string> KubeconfigAsync(ClusterApi api, string token, CancellationToken stop)
    {
        var config = await KubernetesClientConfiguration.LoadKubeConfigAsync(api.Kubeconfig);
        var user = config.Users.Single(candidate =>
            candidate.Name == config.Contexts.Single(context => context.Name == config.CurrentContext).ContextDetails.User);
        user.UserCredentials = new() { Token = token };
        var path = Path.Combine(Directory.CreateTempSubdirectory("aviator-rights-").FullName, "kubeconfig");
        await File.WriteAllTextAsync(path, KubernetesYaml.Serialize(config), stop);
        return path;
    }

    /// <summary>The same token as the server would have made it two hours ago: right in everything, and expired.</summary>
    /// <param name="token">A valid token.</param>
    /// <param name="key">The server's own signing key, PEM.</param>
    public static string Expired(string token, string key)
    {
        var parts = token.Split('.');
        var claims = JsonNode.Parse(Base64Url(parts[1]))!.AsObject();
        foreach (var claim in (string[])["iat", "nbf", "exp"]) claims[claim] = (long)claims[claim]! - 7200;
        var content = $"{parts[0]}.{Base64Url(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        using var rsa = RSA.Create();
        rsa.ImportFromPem(key);
        var signature = rsa.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Base64Url(signature)}";
    }

    /// <summary>A token with the last bytes of its signature changed.</summary>
    public static string Forged(string token) => token[..^8] + new string([.. token[^8..].Select(letter => letter == 'A' ? 'B' : 'A')]);

    private static byte[] Base64Url(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
