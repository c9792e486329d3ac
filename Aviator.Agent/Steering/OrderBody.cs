using System.Text.Json;
using Aviator.Core.Steering;

namespace Aviator.Agent.Steering;

/// <summary>Reads the body of a request as an order.</summary>
internal static class OrderBody
{
    /// <summary>Longest order in bytes, as sent and once decompressed: some 300,000 endpoints.</summary>
    public const long Longest = 32 * 1024 * 1024;

    /// <summary>What the contract does not allow to be absent may not be null either.</summary>
    private static readonly SteeringJson Strict =
        new(new JsonSerializerOptions(SteeringJson.Default.Options) { RespectNullableAnnotations = true });

    /// <summary>Reads it.</summary>
    /// <exception cref="OrderRefusedException">It is too long (413), or no order (400).</exception>
    public static async Task<SteeringOrder> ReadAsync(HttpRequest request)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, Strict.SteeringOrder, request.HttpContext.RequestAborted)
                ?? throw Refused(StatusCodes.Status400BadRequest, "", "the body is null and no order");
        }
        catch (JsonException error)
        {
            throw Refused(StatusCodes.Status400BadRequest, (error.Path ?? "").TrimStart('$', '.'), $"cannot be read: {error.Message}");
        }
        catch (InvalidDataException error)
        {
            throw Refused(StatusCodes.Status400BadRequest, "", $"the body cannot be decompressed: {error.Message}");
        }
        catch (BadHttpRequestException error)
        {
            throw Refused(error.StatusCode, "", $"{error.Message} An order has at most {Longest} bytes.");
        }
    }

    private static OrderRefusedException Refused(int status, string field, string reason) => new(status, field, reason);
}
