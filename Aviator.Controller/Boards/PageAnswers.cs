using System.Net;
using Aviator.Core.Boards;

namespace Aviator.Controller.Boards;

/// <summary>What every answer of the page has in common: who is let in, and the headers.</summary>
internal static class PageAnswers
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers, and lets only what changes nothing through, and only if it is addressed to this machine.</summary>
    public static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        var mayRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (!mayRead && context.Request.Path != BoardAddress.SimulationPath)
        {
            headers.Allow = "GET, HEAD";
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "The page is only read.");
        }
        else if (!IsThisMachine(context.Request.Host.Host))
        {
            await RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "Open the page as localhost or by an IP address.");
        }
        else
        {
            await next(context);
        }
    }

    /// <summary>Answers with a status and a sentence.</summary>
    public static async Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, "text/plain; charset=utf-8");
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.WriteAsync(sentence, context.RequestAborted);
    }

    /// <summary>
    /// A site that is open in the same browser can let its own name point at the loopback address and would then read the page as its own
    /// (DNS rebinding). Such a request carries that site's name.
    /// </summary>
    private static bool IsThisMachine(string host) =>
        host is "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal) || IPAddress.TryParse(host.Trim('[', ']'), out _);
}
