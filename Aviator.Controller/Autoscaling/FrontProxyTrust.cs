using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Aviator.Controller.Readers;

namespace Aviator.Controller.Autoscaling;

/// <summary>
/// How an API server that passes a request on (the aggregator) is known, and where it says for whom: what it publishes in the ConfigMap
/// <c>kube-system/extension-apiserver-authentication</c>. Immutable.
/// </summary>
internal sealed class FrontProxyTrust
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2", CommonName = "2.5.4.3";

    private readonly X509Certificate2Collection _authorities;
    private readonly HashSet<string> _names;
    private readonly List<string> _users, _groups, _extras;

    private FrontProxyTrust(X509Certificate2Collection authorities, JsonElement data)
    {
        (_authorities, _names) = (authorities, new(List(data, "requestheader-allowed-names"), StringComparer.Ordinal));
        _users = ListOr(data, "requestheader-username-headers", "X-Remote-User");
        _groups = ListOr(data, "requestheader-group-headers", "X-Remote-Group");
        _extras = ListOr(data, "requestheader-extra-headers-prefix", "X-Remote-Extra-");
    }

    /// <summary>Reads the ConfigMap.</summary>
    /// <param name="configMap">The object.</param>
    /// <returns>Null when the API server passes no requests on: it names no authority.</returns>
    /// <exception cref="CryptographicException">The authorities are no PEM.</exception>
    /// <exception cref="JsonException">A list is no JSON.</exception>
    public static FrontProxyTrust? Read(JsonElement configMap)
    {
        var data = configMap.Child("data");
        if (data.Text("requestheader-client-ca-file") is not { Length: > 0 } text) return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(text);
        return authorities.Count > 0
            ? new(authorities, data)
            : throw new CryptographicException("its requestheader-client-ca-file holds no certificate in PEM");
    }

    /// <summary>Why a client's certificate is not the aggregator's; null when it is.</summary>
    public string? Refusal(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new(ClientAuthentication));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // A stranger's certificate must not make this process fetch what the stranger names.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (!chain.Build(certificate))
            return "the client certificate is not signed by the authority of the API server's aggregator, expired, or is no client's";
        var name = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)?.GetSingleElementValue();
        return _names.Count == 0 || _names.Contains(name ?? "")
            ? null
            : $"the client certificate is for \"{name}\", which is not among requestheader-allowed-names";
    }

    /// <summary>For whom a verified aggregator speaks; null when it names no user.</summary>
    public Caller? Read(IHeaderDictionary headers)
    {
        if (_users.Select(name => headers[name].ToString()).FirstOrDefault(user => user.Length > 0) is not { } user) return null;
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var prefix in _extras)
        {
            foreach (var (name, values) in headers)
            {
                if (name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                    extra[Uri.UnescapeDataString(name[prefix.Length..].ToLowerInvariant())] = [.. values.OfType<string>()];
            }
        }

        return new(user, null, [.. _groups.SelectMany(name => headers[name]).OfType<string>()], extra);
    }

    private static List<string> ListOr(JsonElement data, string key, string usual) => List(data, key) is { Count: > 0 } list
        ? list
        : [usual];

    private static List<string> List(JsonElement data, string key)
    {
        if (data.Text(key) is not { Length: > 0 } text) return [];
        using var list = JsonDocument.Parse(text);
        return [.. list.RootElement.Texts()];
    }
}
