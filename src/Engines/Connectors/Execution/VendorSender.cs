using System.Buffers;
using System.Net.Http.Headers;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Execution;

/// <summary>One request that is sent.</summary>
internal sealed class Sending
{
    /// <summary>How traces name the connector.</summary>
    public required string Connector { get; init; }

    /// <summary>The product's name in messages.</summary>
    public required string Product { get; init; }

    /// <summary>Whether it may change something over there.</summary>
    public required bool IsWrite { get; init; }

    /// <summary>The body; every write has one, if only an empty one, so that it is known whether it may have been sent.</summary>
    public SingleUseContent? Content { get; init; }

    /// <summary>The header with the system's own id of a request, before those that many use.</summary>
    public string? RequestIdHeader { get; init; }

    /// <summary>How the answer is written.</summary>
    public AnswerFormat Answers { get; init; }

    /// <summary>Cancelled when the caller stops waiting.</summary>
    public required CancellationToken Caller { get; init; }

    /// <summary>Cancelled when the caller stops waiting or the time is up.</summary>
    public required CancellationToken Token { get; init; }

    /// <summary>The system's own id of the request, if it gave one.</summary>
    public string? VendorRequestId { get; set; }

    /// <summary>The status, if there was one.</summary>
    public int? Status { get; set; }
}

/// <summary>The one place that sends: every request once, answers up to a size, and whatever goes wrong told apart by whether the system may have acted.</summary>
internal static class VendorSender
{
    /// <summary>The largest answer that is read, in bytes.</summary>
    public const int MaxResponseBytes = 4 * 1024 * 1024;

    private const int FirstBufferBytes = 16 * 1024;

    // Okta, Jira Cloud and Data Center, ServiceNow, Salesforce, and what many others use.
    private static readonly string[] RequestIdHeaders = ["X-Okta-Request-Id", "Atl-Request-Id", "X-AREQUESTID", "X-Transaction-ID", "X-SFDC-Request-Id", "X-Request-Id"];

    /// <summary>Sends one request and reads the whole answer, whatever its status.</summary>
    /// <exception cref="OutcomeException">There was no complete answer.</exception>
    /// <exception cref="OperationCanceledException">The caller stopped waiting, and nothing with an effect may have been sent.</exception>
    public static async Task<VendorReply> SendAsync(HttpClient client, HttpRequestMessage request, Sending sending)
    {
        var product = sending.Product;
        bool MayHaveActed() => sending.IsWrite && sending.Content!.MayHaveBeenSent;
        using var activity = Diagnostics.StartRequest(sending.Connector, request.Method, request.RequestUri!);
        string? failure = null;
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, sending.Token);
            sending.Status = (int)response.StatusCode;
            sending.VendorRequestId = RequestIdOf(response, sending.RequestIdHeader);
            return await ReadAsync(response, sending);
        }
        catch (OperationCanceledException) when (MayHaveActed())
        {
            failure = FailureCodes.Timeout;
            throw OutcomeException.Unknown($"{product} did not answer in time after the request was sent.");
        }
        catch (OperationCanceledException) when (!sending.Caller.IsCancellationRequested)
        {
            failure = FailureCodes.Timeout;
            throw OutcomeException.Failed(FailureCodes.Timeout, $"{product} did not answer in time.", isRetryable: true);
        }
        catch (HttpRequestException exception) when (exception.InnerException is AddressForbiddenException)
        {
            failure = "AddressForbidden";
            throw OutcomeException.Failed(FailureCodes.NotConfigured,
                $"{product} cannot be reached: its address leads into a private, local or otherwise special network. The operator can allow private ones with Steward:Connectors:AllowPrivateAddresses.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var error = exception is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } known ? known.HttpRequestError.ToString() : "ConnectionBroken";
            failure = error;
            throw MayHaveActed()
                ? OutcomeException.Unknown($"The connection to {product} broke after the request was sent ({error}).")
                : OutcomeException.Failed(
                    FailureCodes.Unavailable, $"{product} cannot be reached at {request.RequestUri!.GetLeftPart(UriPartial.Authority)} ({error}).", isRetryable: true);
        }
        finally
        {
            Diagnostics.EndRequest(activity, sending.Status, failure, sending.VendorRequestId);
        }
    }

    // Whatever a system answers with, an id is short and printable.
    private static string? RequestIdOf(HttpResponseMessage response, string? own)
    {
        if (own is not null && Read(response, own) is { } found)
        {
            return found;
        }

        foreach (var header in RequestIdHeaders)
        {
            if (Read(response, header) is { } id)
            {
                return id;
            }
        }

        return null;
    }

    private static string? Read(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values) && values.FirstOrDefault() is { Length: > 0 and <= 128 } id && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id : null;

    private static async Task<VendorReply> ReadAsync(HttpResponseMessage response, Sending sending)
    {
        var status = (int)response.StatusCode;
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(sending.Token);
            var length = 0;
            int read;
            while ((read = await stream.ReadAsync(buffer.AsMemory(length), sending.Token)) > 0)
            {
                length += read;
                if (length > MaxResponseBytes)
                {
                    throw status is >= 200 and < 300 && sending.IsWrite
                        ? OutcomeException.Unknown($"{sending.Product} sent an answer of more than {MaxResponseBytes / (1024 * 1024)} MB.")
                        : OutcomeException.Failed(FailureCodes.BadResponse, $"{sending.Product} sent an answer of more than {MaxResponseBytes / (1024 * 1024)} MB.");
                }

                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan().CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
                    buffer = larger;
                }
            }

            return new VendorReply(status, response.Headers, buffer.AsSpan(0, length).ToArray(), sending.Answers);
        }
        catch (Exception exception) when (status is >= 300 and < 500 and not 408 && exception is HttpRequestException or IOException)
        {
            // The status alone says that the request was refused.
            return new VendorReply(status, response.Headers, default);
        }
        finally
        {
            // Answers hold tokens and personal data; they do not stay behind in the pool.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }
}
