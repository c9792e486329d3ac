using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Aviator.Agent.Access;

/// <summary>
/// Authenticates by a bearer token (RFC 6750). Answers 401 with a challenge to no token or an invalid one, 403 to a user who is not let in,
/// and 503 to a token that could not be checked, each with a reason.
/// </summary>
internal sealed class TokenAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> scheme, ILoggerFactory loggers, UrlEncoder encoder, TokenGate gate, AgentMetrics metrics,
    AccessOptions options)
    : AuthenticationHandler<AuthenticationSchemeOptions>(scheme, loggers, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string SchemeName = "Bearer";

    /// <summary>Longest token taken; those of service accounts have about a thousand characters.</summary>
    private const int LongestToken = 16 * 1024;

    private TokenVerdict? _verdict;

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var headers = Request.Headers.Authorization;
        if (headers.Count == 0) return AuthenticateResult.NoResult();
        if (Token(headers) is not { } token)
            return Refuse(new(TokenStanding.Invalid, null, "the Authorization header does not read 'Bearer TOKEN'"));
        var verdict = await gate.CheckAsync(token, Context.RequestAborted);
        if (verdict.User is null) return Refuse(verdict);
        _verdict = verdict;
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, verdict.User)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_verdict is { Standing: TokenStanding.Unknown })
        {
            metrics.Refused("unavailable");
            Response.Headers.RetryAfter = "5";
            return RefusalJson.WriteAsync(Response, StatusCodes.Status503ServiceUnavailable, _verdict.Reason);
        }

        metrics.Refused(_verdict is null ? "no_token" : "invalid_token");
        var reason = _verdict?.Reason ?? $"no token: send 'Authorization: Bearer TOKEN' with a token for the audience {options.Audience}";
        var error = _verdict is null ? "" : ", error=\"invalid_token\"";
        Response.Headers.Append(HeaderNames.WWWAuthenticate, $"Bearer realm=\"{Realm}\"{error}");
        return RefusalJson.WriteAsync(Response, StatusCodes.Status401Unauthorized, reason);
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        metrics.Refused("forbidden");
        var reason = _verdict is { Standing: TokenStanding.Allowed, User: { } reader }
            ? $"{reader} may read and not order: add it to Agent:Access:Steerers if it should"
            : _verdict?.Reason ?? "this user is not let in";
        return RefusalJson.WriteAsync(Response, StatusCodes.Status403Forbidden, reason);
    }

    private const string Realm = "aviator-agent";

    private AuthenticateResult Refuse(TokenVerdict verdict)
    {
        _verdict = verdict;
        return AuthenticateResult.Fail(verdict.Reason);
    }

    private static string? Token(Microsoft.Extensions.Primitives.StringValues headers)
    {
        const string Prefix = SchemeName + " ";
        if (headers is not [{ } header] || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return null;
        var token = header[Prefix.Length..].Trim();
        return token.Length is 0 or > LongestToken || token.Contains(' ') ? null : token;
    }
}
