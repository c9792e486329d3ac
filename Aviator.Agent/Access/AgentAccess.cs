using System.Security.Claims;
using Aviator.Kubernetes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Aviator.Agent.Access;

/// <summary>Puts the access rules in place: none of it is there when access is open.</summary>
internal static class AgentAccess
{
    /// <summary>Name of the authorization policy of what only the named users may read.</summary>
    public const string Policy = "readers";

    /// <summary>Name of the authorization policy of what only those users may do that may order.</summary>
    public const string SteeringPolicy = "steerers";

    /// <summary>
    /// Whether the configuration asks for tokens. Read before the options are, because it decides which services there are.
    /// </summary>
    public static bool AsksForTokens(IConfiguration configuration) =>
        Enum.TryParse<AccessMode>(
            configuration[$"{AgentOptions.Section}:{nameof(AgentOptions.Access)}:{nameof(AccessOptions.Mode)}"],
            ignoreCase: true, out var mode)
        && mode == AccessMode.Token;

    /// <summary>Adds authentication by token.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton(provider => provider.GetRequiredService<AgentOptions>().Access);
        services.TryAddSingleton<ITokenReviewer>(provider => new TokenReviewer(
            new ApiConnection(provider.GetRequiredService<k8s.Kubernetes>(), provider.GetRequiredService<TimeProvider>())
            {
                RequestTimeout = TokenReviewer.Timeout,
            },
            provider.GetRequiredService<AccessOptions>()));
        services.AddSingleton<TokenGate>();
        services.AddAuthentication(TokenAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthenticationHandler>(TokenAuthenticationHandler.SchemeName, null);
        services.AddAuthorizationBuilder();
        services.AddOptions<AuthorizationOptions>().Configure<AccessOptions>((authorization, access) =>
        {
            authorization.AddPolicy(Policy, policy => policy.RequireClaim(ClaimTypes.Name, access.AllowedUsers));
            authorization.AddPolicy(SteeringPolicy, policy => policy.RequireAssertion(context =>
                context.User.FindFirstValue(ClaimTypes.Name) is { } user && access.AllowedSteerers.Contains(user)));
        });
    }
}
