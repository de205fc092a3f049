// Package deploy holds nothing but tests of what this directory and docker-compose.yml say:
// they are a module of their own, so that the libraries by which compose files, charts and
// Dockerfiles are read are no dependencies of the worker.
//
//	make deploy-check
//
// No container engine is needed. The compose file is read by the library that docker
// compose itself is made of; what it runs of ours runs as plain processes, with the very
// commands, variables and files (TestPicture), on an Apache Kafka, watched by a Prometheus
// with the rules of this directory. The queries of the dashboards and rules are asked of
// that Prometheus. The chart is rendered by Helm's library and held against the schemas in
// helm/schemas.
package deploy
