//! What goes over the wire to each service, and what becomes of its answers. Requests and answers are those of the
//! services' API references.

use std::io::{BufRead, BufReader, Write};

use serde_json::{Value, json};

use crate::http::{Asked, Aws, Server, Told, folder};
use crate::scenes::{create, one_state, returned, start};

/// Runs a machine of one task against a stand-in; how it ended and what the stand-in was asked.
fn run(
    name: &str,
    resource: &str,
    arguments: Value,
    answer: impl Fn(&Asked) -> Told + Send + Sync + 'static,
) -> (Value, Vec<Asked>) {
    let (aws, journal) = (Aws::start(answer), folder(name));
    let server = Server::start(&journal, aws.address);
    let resource = format!("arn:aws:states:::{resource}");
    create(
        &server,
        &one_state(json!({ "Type": "Task", "Resource": resource, "Arguments": arguments, "End": true })),
    );
    let arn = start(&server, "e", json!({}));
    let mut described = server.ended(&arn);
    if let Some(text) = described["output"].as_str() {
        described["output"] = serde_json::from_str(text).unwrap();
    }
    (described, aws.asked())
}

fn has(asked: &Asked, line: &str) {
    assert!(
        asked.headers.contains(&format!("{line}\r\n")),
        "{line} is not in {}",
        asked.headers
    );
}

fn error(described: &Value) -> (&str, &str) {
    (
        described["error"].as_str().unwrap(),
        described["cause"].as_str().unwrap(),
    )
}

#[test]
fn a_table_is_asked_in_json_and_the_result_says_what_was_seen() {
    let arguments =
        json!({ "TableName": "Thread", "Item": { "Replies": { "N": "0" } }, "ReturnValues": "ALL_OLD" });
    let (described, asked) = run("dynamodb", "dynamodb:putItem", arguments.clone(), |_| {
        let headers =
            "x-amzn-RequestId: id-1\r\nContent-Type: application/x-amz-json-1.0\r\nx-amz-crc32: 7\r\n";
        Some((200, headers, json!({ "Attributes": { "Replies": { "N": "1" } } })))
    });
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/"));
    has(asked, "x-amz-target: dynamodb_20120810.putitem");
    has(asked, "content-type: application/x-amz-json-1.0");
    assert!(
        asked
            .headers
            .contains("credential=test/20260101/us-east-1/dynamodb/aws4_request")
    );
    assert_eq!(asked.body, arguments);
    let output = &described["output"];
    assert_eq!(output["Attributes"], json!({ "Replies": { "N": "1" } }));
    assert_eq!(output["SdkResponseMetadata"], json!({ "RequestId": "id-1" }));
    let seen = &output["SdkHttpMetadata"];
    assert_eq!(seen["HttpStatusCode"], 200);
    assert_eq!(seen["HttpHeaders"]["x-amzn-RequestId"], "id-1");
    assert_eq!(seen["HttpHeaders"]["x-amz-crc32"], "7");
    assert_eq!(
        seen["AllHttpHeaders"]["Content-Type"],
        json!(["application/x-amz-json-1.0"])
    );
}

#[test]
fn a_refusal_is_named_after_the_way_it_was_asked() {
    let refuse = |_: &Asked| -> Told {
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "message": "The conditional request failed",
        });
        Some((400, "x-amzn-RequestId: id-2\r\n", body))
    };
    let arguments = json!({ "TableName": "t", "Key": { "id": { "S": "1" } } });
    let (described, _) = run("refused", "dynamodb:deleteItem", arguments.clone(), refuse);
    let cause = "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; \
                 Error Code: ConditionalCheckFailedException; Request ID: id-2; Proxy: null)";
    assert_eq!(
        error(&described),
        ("DynamoDB.ConditionalCheckFailedException", cause)
    );
    let (described, _) = run(
        "refused-sdk",
        "aws-sdk:dynamodb:deleteItem",
        arguments.clone(),
        refuse,
    );
    let cause = "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: id-2)";
    assert_eq!(
        error(&described),
        ("DynamoDb.ConditionalCheckFailedException", cause)
    );
    let (described, _) = run("nobody", "dynamodb:deleteItem", arguments, |_| None);
    assert_eq!(described["error"], "DynamoDB.SdkClientException");
}

#[test]
fn a_queue_answers_with_everything_it_says() {
    let arguments =
        json!({ "QueueUrl": "http://q/1.fifo", "MessageBody": { "n": 1 }, "MessageGroupId": "g" });
    let (described, asked) = run("sqs", "sqs:sendMessage", arguments, |_| {
        returned(json!({ "MessageId": "m", "MD5OfMessageBody": "0", "SequenceNumber": "9" }))
    });
    has(&asked[0], "x-amz-target: amazonsqs.sendmessage");
    has(&asked[0], "content-type: application/x-amz-json-1.0");
    assert_eq!(
        asked[0].body,
        json!({ "QueueUrl": "http://q/1.fifo", "MessageBody": "{\"n\":1}", "MessageGroupId": "g" })
    );
    assert_eq!(described["output"]["SequenceNumber"], "9");
    let (described, _) = run(
        "no-queue",
        "sqs:sendMessage",
        json!({ "QueueUrl": "http://q/2", "MessageBody": "x" }),
        |_| {
            let body =
                json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "No such queue." });
            Some((400, "", body))
        },
    );
    assert_eq!(described["error"], "SQS.QueueDoesNotExistException");
}

#[test]
fn a_topic_is_asked_in_a_form_and_answers_in_xml() {
    let arguments = json!({
        "TopicArn": "arn:aws:sns:us-east-1:0:t",
        "Message": { "text": "a & b" },
        "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "x y" } },
    });
    let (described, asked) = run("sns", "sns:publish", arguments, |_| {
        let body = "<PublishResponse xmlns=\"https://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                    <MessageId>567910cd</MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436\
                    </RequestId></ResponseMetadata></PublishResponse>";
        Some((200, "Content-Type: text/xml\r\n", json!(body)))
    });
    has(
        &asked[0],
        "content-type: application/x-www-form-urlencoded; charset=utf-8",
    );
    let mut fields: Vec<&str> = asked[0].text.split('&').collect();
    fields.sort_unstable();
    let expected = [
        "Action=Publish",
        "Message=%7B%22text%22%3A%22a%20%26%20b%22%7D",
        "MessageAttributes.entry.1.Name=kind",
        "MessageAttributes.entry.1.Value.DataType=String",
        "MessageAttributes.entry.1.Value.StringValue=x%20y",
        "TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A0%3At",
        "Version=2010-03-31",
    ];
    assert_eq!(fields, expected);
    assert_eq!(described["output"]["MessageId"], "567910cd");
    assert_eq!(
        described["output"]["SdkResponseMetadata"]["RequestId"],
        "d74b8436"
    );
    let (described, _) = run(
        "no-topic",
        "aws-sdk:sns:publish",
        json!({ "Message": "x", "TopicArn": "t" }),
        |_| {
            let body = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist\
                        </Message></Error><RequestId>r</RequestId></ErrorResponse>";
            Some((404, "Content-Type: text/xml\r\n", json!(body)))
        },
    );
    assert_eq!(
        error(&described),
        (
            "Sns.NotFoundException",
            "Topic does not exist (Service: Sns, Status Code: 404, Request ID: r)"
        )
    );
}

#[test]
fn a_bus_is_told_where_events_come_from() {
    let arguments = json!({ "Entries": [{ "Source": "s", "DetailType": "d", "Detail": { "a": 1 } }] });
    let (described, asked) = run("events", "events:putEvents", arguments, |_| {
        returned(json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 }))
    });
    has(&asked[0], "x-amz-target: awsevents.putevents");
    has(&asked[0], "content-type: application/x-amz-json-1.1");
    let entry = &asked[0].body["Entries"][0];
    assert_eq!(entry["Detail"], "{\"a\":1}");
    assert_eq!(
        entry["Resources"],
        json!([
            "arn:aws:states:us-east-1:000000000000:stateMachine:m",
            "arn:aws:states:us-east-1:000000000000:execution:m:e"
        ])
    );
    assert_eq!(
        described["output"],
        json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 })
    );
}

#[test]
fn a_function_may_be_called_without_waiting_for_it() {
    let arguments = json!({
        "FunctionName": "f", "Payload": { "a": 1 }, "InvocationType": "Event", "Qualifier": "$LATEST", "ClientContext": "e30=",
    });
    let (described, asked) = run("event", "lambda:invoke", arguments, |_| {
        Some((
            202,
            "x-amzn-RequestId: id-3\r\nContent-Type: text/xml\r\n",
            json!(""),
        ))
    });
    assert_eq!(
        asked[0].path,
        "/2015-03-31/functions/f/invocations?Qualifier=%24LATEST"
    );
    has(&asked[0], "x-amz-invocation-type: event");
    has(&asked[0], "x-amz-client-context: e30=");
    assert_eq!(asked[0].body, json!({ "a": 1 }));
    let output = &described["output"];
    assert_eq!(output["StatusCode"], 202);
    assert_eq!(output["SdkHttpMetadata"]["HttpStatusCode"], 202);
    assert_eq!(output["SdkResponseMetadata"]["RequestId"], "id-3");
    assert_eq!(output.get("Payload"), None);
}

#[test]
fn a_function_behind_the_sdk_answers_in_text_even_if_it_fails() {
    let arguments = json!({ "FunctionName": "f", "Payload": { "a": 1 }, "LogType": "Tail" });
    let (described, asked) = run("sdk-lambda", "aws-sdk:lambda:invoke", arguments, |_| {
        let headers =
            "X-Amz-Function-Error: Unhandled\r\nX-Amz-Executed-Version: 3\r\nX-Amz-Log-Result: bG9n\r\n";
        Some((200, headers, json!({ "errorType": "E" })))
    });
    has(&asked[0], "x-amz-log-type: tail");
    assert_eq!(asked[0].body, json!({ "a": 1 }));
    assert_eq!(
        described["output"],
        json!({
            "StatusCode": 200, "ExecutedVersion": "3", "FunctionError": "Unhandled", "LogResult": "bG9n",
            "Payload": "{\"errorType\":\"E\"}",
        })
    );
}

#[test]
fn an_object_is_put_and_got_by_its_path() {
    let arguments = json!({
        "Bucket": "b", "Key": "a folder/x.json", "Body": { "a": 1 }, "ContentType": "application/json",
        "Metadata": { "by": "me" },
    });
    let (described, asked) = run("put", "aws-sdk:s3:putObject", arguments, |_| {
        Some((
            200,
            "ETag: \"1\"\r\nx-amz-server-side-encryption: AES256\r\n",
            json!(null),
        ))
    });
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("PUT", "/b/a%20folder/x.json")
    );
    has(&asked[0], "content-type: application/json");
    has(&asked[0], "x-amz-meta-by: me");
    assert_eq!(asked[0].text, "{\"a\":1}");
    assert_eq!(
        described["output"],
        json!({ "ETag": "\"1\"", "ServerSideEncryption": "AES256" })
    );
    let get = json!({ "Bucket": "b", "Key": "k", "VersionId": "v 1" });
    let (described, asked) = run("get", "aws-sdk:s3:getObject", get.clone(), |_| {
        let headers = "ETag: \"1\"\r\nAccept-Ranges: bytes\r\nContent-Type: application/xml\r\n\
                       Last-Modified: Thu, 23 May 2024 19:11:31 GMT\r\nx-amz-meta-by: me\r\n";
        Some((200, headers, json!("text data")))
    });
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("GET", "/b/k?versionId=v%201")
    );
    assert_eq!(
        described["output"],
        json!({
            "AcceptRanges": "bytes", "Body": "text data", "ContentLength": 9, "ContentType": "application/xml",
            "ETag": "\"1\"", "LastModified": "2024-05-23T19:11:31.000Z", "Metadata": { "by": "me" },
        })
    );
    let (described, _) = run("no-object", "aws-sdk:s3:getObject", get, |_| {
        let body = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>\
                    <RequestId>r</RequestId></Error>";
        Some((
            404,
            "Content-Type: application/xml\r\nx-amz-id-2: x\r\n",
            json!(body),
        ))
    });
    assert_eq!(
        error(&described),
        (
            "S3.NoSuchKeyException",
            "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: r, Extended Request ID: x)"
        )
    );
}

/// Answers every request with these bytes.
fn bytes_at(body: &'static [u8]) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            )
            .unwrap();
            stream.write_all(body).unwrap();
        }
    });
    address
}

#[test]
fn an_object_that_is_no_text_is_named_with_the_place_of_the_first_byte_that_is_none() {
    let journal = folder("no-text");
    let server = Server::start(&journal, bytes_at(b"{\"a\":\"Z\xfcrich\"}"));
    let definition = one_state(reading("in/latin.jsonl"));
    create(&server, &definition);
    let described = server.ended(&start(&server, "e", json!({})));
    let (error, cause) = error(&described);
    assert_eq!(error, "States.ItemReaderFailed");
    assert!(
        cause.starts_with("The object in/latin.jsonl is not UTF-8 at byte 7;"),
        "{cause}"
    );
}

/// A distributed map over the lines of an object.
fn reading(key: &str) -> Value {
    json!({ "Type": "Map", "End": true,
        "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSONL" },
            "Arguments": { "Bucket": "b", "Key": key } },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } } })
}

#[test]
fn an_object_that_is_too_large_to_be_read_is_named() {
    let (aws, journal) = (
        Aws::start(|_| Some((200, "", json!("1\n".repeat(3_200_000))))),
        folder("large-object"),
    );
    let server = Server::start(&journal, aws.address);
    create(&server, &one_state(reading("in/large.jsonl")));
    let described = server.ended(&start(&server, "e", json!({})));
    let (error, cause) = error(&described);
    assert_eq!(error, "States.ItemReaderFailed");
    assert!(
        cause.starts_with(
            "The object in/large.jsonl is larger than 6 MB, which is as much as this server reads"
        ),
        "{cause}"
    );
}

#[test]
fn a_machine_that_asks_for_step_functions_asks_this_server() {
    let (described, asked) = run(
        "here",
        "aws-sdk:sfn:describeStateMachine",
        json!({ "StateMachineArn": crate::scenes::MACHINE }),
        |_| None,
    );
    assert_eq!(described["output"]["Name"], "m", "{described}");
    let created = described["output"]["CreationDate"].as_str().unwrap();
    assert!(created.ends_with('Z') && created.starts_with("20"), "{created}");
    assert!(asked.is_empty());
    let arguments = json!({ "TaskToken": "NoSuchTaskToken", "Output": "1" });
    let (described, _) = run("here-refused", "aws-sdk:sfn:sendTaskSuccess", arguments, |_| None);
    assert_eq!(described["error"], "Sfn.InvalidTokenException");
    let cause = described["cause"].as_str().unwrap();
    assert!(
        cause.starts_with("Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "),
        "{cause}"
    );
}

#[test]
fn parameters_are_asked_for_in_json_1_1() {
    let (described, asked) = run("ssm", "aws-sdk:ssm:getParameter", json!({ "Name": "/a" }), |_| {
        returned(json!({
            "Parameter": { "ARN": "arn:p", "Name": "/a", "LastModifiedDate": 1.5, "Value": "v", "Version": 1 },
        }))
    });
    has(&asked[0], "x-amz-target: amazonssm.getparameter");
    has(&asked[0], "content-type: application/x-amz-json-1.1");
    assert_eq!(
        described["output"]["Parameter"],
        json!({
            "Arn": "arn:p", "Name": "/a", "LastModifiedDate": "1970-01-01T00:00:01.500Z", "Value": "v", "Version": 1,
        })
    );
}
