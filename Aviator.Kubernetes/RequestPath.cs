namespace Aviator.Kubernetes;

/// <summary>Which paths can be probed: agent and controller hold the same rule, so none is accepted and then asked as another.</summary>
public static class RequestPath
{
    /// <summary>
    /// Whether <paramref name="path"/> may stand in a request line (RFC 9112, section 3): it starts with a slash and is visible ASCII, so
    /// it can neither end the line nor be cut at a space.
    /// </summary>
    public static bool IsValid(string path) => path.StartsWith('/') && !path.AsSpan().ContainsAnyExceptInRange('!', '~');
}
