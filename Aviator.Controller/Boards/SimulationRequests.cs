using System.Text.Json;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Boards;
using Aviator.Kubernetes;
using k8s;

namespace Aviator.Controller.Boards;

/// <summary>Answers what a policy would decide that is not in force (<see cref="BoardAddress.SimulationPath"/>); one at a time.</summary>
/// <param name="publisher">Knows whether this replica leads.</param>
internal sealed class SimulationRequests(BoardPublisher publisher) : IDisposable
{
    /// <summary>Bytes of a policy at most: the schema's longest is far shorter.</summary>
    private const int LongestBody = 64 * 1024;

    /// <summary>For all of one answer, the wait for another included.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Simulates a policy; null until the cluster is seen.</summary>
    public Func<AviatorPolicy, CancellationToken, Task<SimulatedPolicy>>? Run { get; set; }

    /// <summary>Answers one request.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await PageAnswers.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "POST an AviatorPolicy here.");
        }
        else if (!publisher.Current.Board.Leads || Run is not { } run)
        {
            await PageAnswers.RefuseAsync(
                context, StatusCodes.Status503ServiceUnavailable,
                "This replica does not lead, so it has no figures; ask the one that does.");
        }
        else if (!context.Request.HasJsonContentType())
        {
            // No form of another site's page can send this type without asking first.
            await PageAnswers.RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "Send it as application/json.");
        }
        else if (context.Request.ContentLength is null or > LongestBody)
        {
            await PageAnswers.RefuseAsync(
                context, StatusCodes.Status413PayloadTooLarge,
                $"Send a policy of at most {LongestBody / 1024} KiB, with its Content-Length.");
        }
        else
        {
            await AnswerAsync(context, run);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task AnswerAsync(HttpContext context, Func<AviatorPolicy, CancellationToken, Task<SimulatedPolicy>> run)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Limit);
        try
        {
            using var body = new StreamReader(context.Request.Body);
            var policy = KubernetesJson.Deserialize<AviatorPolicy>(await body.ReadToEndAsync(limit.Token));
            if (Fault(policy) is { } fault)
            {
                await PageAnswers.RefuseAsync(context, StatusCodes.Status400BadRequest, fault);
                return;
            }

            await _turn.WaitAsync(limit.Token);
            SimulatedPolicy answer;
            try
            {
                answer = await run(policy, limit.Token);
            }
            finally
            {
                _turn.Release();
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(JsonSerializer.Serialize(answer, BoardJson.Default.SimulatedPolicy), limit.Token);
        }
        catch (JsonException fault)
        {
            await PageAnswers.RefuseAsync(
                context, StatusCodes.Status400BadRequest, $"The body is not the JSON of an {AviatorNames.Kind}: {fault.Message}");
        }
        catch (Exception fault) when (fault is ApiException or HttpRequestException && !context.Response.HasStarted)
        {
            await PageAnswers.RefuseAsync(
                context, StatusCodes.Status502BadGateway, $"The API server did not say what reads the Service: {fault.Message}");
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            context.Response.Headers.RetryAfter = "5";
            await PageAnswers.RefuseAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"It took longer than {Limit.TotalSeconds:0} s; try again.");
        }
    }

    private static string? Fault(AviatorPolicy? policy) => policy switch
    {
        null => $"The body is empty: send an {AviatorNames.Kind}.",
        { Kind: not AviatorNames.Kind } => $"kind: \"{policy.Kind}\" is not simulated; use {AviatorNames.Kind}.",
        { Metadata.NamespaceProperty: null or "" } => "metadata.namespace: is required.",
        { Metadata.Name: null or "" } => "metadata.name: is required.",
        _ => null,
    };
}
